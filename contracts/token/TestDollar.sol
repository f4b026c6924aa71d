// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {AuthorizedToken} from "./AuthorizedToken.sol";

/// @title TestDollar: the stablecoin of local chains
/// @notice As USDC where it matters here: 6 decimals, EIP-2612, EIP-3009 with random nonces and both signature forms, EIP-712
/// version "1". It is worth nothing: whoever deploys it names a minter, and the minter makes as much as it likes.
contract TestDollar is ERC20Permit, AuthorizedToken {
    error TestDollar_NotMinter(address expected, address actual);

    address public immutable minter;

    constructor(address minter_) ERC20("Test Dollar", "tUSD") ERC20Permit("Test Dollar") {
        minter = minter_;
    }

    function mint(address to, uint256 amount) external {
        require(msg.sender == minter, TestDollar_NotMinter(minter, msg.sender));
        _mint(to, amount);
    }

    function decimals() public pure override returns (uint8) {
        return 6;
    }
}
