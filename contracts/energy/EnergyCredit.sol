// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {AuthorizedToken} from "../token/AuthorizedToken.sol";
import {IEnergyMeter} from "./IEnergyMeter.sol";

/// @title EnergyCredit: one token is one kilowatt-hour that a meter has signed for
/// @notice Minted and retired by its EnergyMeter alone. The atomic unit is 1 mWh. Before an owing wallet can send any credits, by
/// whatever path, what it owes is retired from it; receiving always delivers in full.
contract EnergyCredit is AuthorizedToken {
    error EnergyCredit_NotMeter(address expected, address actual);

    IEnergyMeter public immutable meter;

    modifier onlyMeter() {
        require(msg.sender == address(meter), EnergyCredit_NotMeter(address(meter), msg.sender));
        _;
    }

    constructor() ERC20("Energy Credit", "kWh") EIP712("Energy Credit", "1") {
        meter = IEnergyMeter(msg.sender);
    }

    function mint(address to, uint256 milliWh) external onlyMeter {
        _mint(to, milliWh);
    }

    /// @notice Mints many: in each entry the wallet stands in the high 160 bits, the amount in the low 96.
    function mintMany(uint256[] calldata mints) external onlyMeter {
        for (uint256 i = 0; i < mints.length; ++i) _mint(address(uint160(mints[i] >> 96)), uint96(mints[i]));
    }

    /// @notice Takes credits out of existence, up to `milliWh` and as far as the wallet reaches.
    function retire(address from, uint256 milliWh) external onlyMeter returns (uint256 retired) {
        uint256 held = balanceOf(from);
        retired = milliWh < held ? milliWh : held;
        if (retired > 0) _burn(from, retired);
    }

    function decimals() public pure override returns (uint8) {
        return 6;
    }

    /// @dev Every send passes here, by allowance and by authorization too. Minting and retiring do not ask the meter, so retiring
    /// before a send does not come back here. Nor does the meter's own wallet, which only passes new credits on and owes nothing.
    function _update(address from, address to, uint256 milliWh) internal override {
        if (from != address(0) && to != address(0) && from != address(meter)) meter.retire(from);
        super._update(from, to, milliWh);
    }
}
