// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";

/// @title OddToken: an asset that misbehaves in the way a test asks for
contract OddToken is ERC20("Odd", "ODD") {
    uint8 private immutable _decimals;
    uint256 public feeBps;
    mapping(address => bool) public frozen;
    address public callee;
    bytes public callback;
    uint256 public shortBy;

    constructor(uint8 decimals_) {
        _decimals = decimals_;
    }

    function decimals() public view override returns (uint8) {
        return _decimals;
    }

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function setFee(uint256 bps) external {
        feeBps = bps;
    }

    function setFrozen(address holder, bool value) external {
        frozen[holder] = value;
    }

    /// @dev Calls back in the middle of every transfer; what the call does decides whether the transfer goes through.
    function setCallback(address callee_, bytes calldata data) external {
        (callee, callback) = (callee_, data);
    }

    function setShortBy(uint256 amount) external {
        shortBy = amount;
    }

    /// @dev Checks no signature and delivers too little.
    function receiveWithAuthorization(
        address from, address to, uint256 value, uint256, uint256, bytes32, uint8, bytes32, bytes32
    ) external {
        _transfer(from, to, value - shortBy);
    }

    function _update(address from, address to, uint256 amount) internal override {
        require(!frozen[from] && !frozen[to], "frozen");
        if (callee != address(0)) {
            (bool done, bytes memory result) = callee.call(callback);
            if (!done) {
                assembly {
                    revert(add(result, 0x20), mload(result))
                }
            }
        }
        uint256 fee = from == address(0) ? 0 : (amount * feeBps) / 10_000;
        if (fee > 0) super._update(from, address(0), fee);
        super._update(from, to, amount - fee);
    }
}

/// @title AskingToken: asks signers that are contracts, also where they are said to have signed (v, r, s), as large stablecoins do
contract AskingToken is ERC20("Asking", "ASK") {
    function decimals() public pure override returns (uint8) {
        return 6;
    }

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function receiveWithAuthorization(
        address from, address to, uint256 value, uint256, uint256, bytes32 nonce, uint8, bytes32, bytes32
    ) external {
        if (from.code.length > 0) IERC1271(from).isValidSignature(nonce, "");
        _transfer(from, to, value);
    }
}

/// @title GreedyWallet: a signer that burns whatever gas it is given
contract GreedyWallet is IERC1271 {
    function isValidSignature(bytes32, bytes calldata) external view returns (bytes4) {
        while (gasleft() > 0) {}
        return bytes4(0);
    }
}

/// @title LoudWallet: a signer that refuses at length: what it answers costs whoever copies it
contract LoudWallet is IERC1271 {
    function isValidSignature(bytes32, bytes calldata) external pure returns (bytes4) {
        assembly {
            revert(0, 100000)
        }
    }
}

/// @title Giver: sends somebody a present in the midst of a token's call, once
contract Giver {
    ERC20 private immutable _token;
    address private immutable _to;
    bool private _gave;

    constructor(ERC20 token, address to) {
        (_token, _to) = (token, to);
    }

    function give() external {
        if (_gave) return;
        _gave = true;
        _token.transfer(_to, 1);
    }
}

/// @title SilentToken: transfers return nothing, as those of some large stablecoins do
contract SilentToken {
    mapping(address => uint256) public balanceOf;
    uint8 public constant decimals = 6;

    function mint(address to, uint256 amount) external {
        balanceOf[to] += amount;
    }

    function transfer(address to, uint256 amount) external {
        balanceOf[msg.sender] -= amount;
        balanceOf[to] += amount;
    }

    /// @dev No allowances: a token that trusts everybody is enough here.
    function transferFrom(address from, address to, uint256 amount) external {
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
    }
}

/// @title FalseToken: says false where others revert, and pretends to be paid
contract FalseToken {
    mapping(address => uint256) public balanceOf;
    uint8 public constant decimals = 6;
    bool public honest = true;

    function mint(address to, uint256 amount) external {
        balanceOf[to] += amount;
    }

    function setHonest(bool value) external {
        honest = value;
    }

    function transfer(address to, uint256 amount) external returns (bool) {
        if (!honest) return false;
        (balanceOf[msg.sender], balanceOf[to]) = (balanceOf[msg.sender] - amount, balanceOf[to] + amount);
        return true;
    }

    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        if (!honest) return false;
        (balanceOf[from], balanceOf[to]) = (balanceOf[from] - amount, balanceOf[to] + amount);
        return true;
    }
}

/// @title Wallet: a contract that signs through its owner's key, with a signature longer than any key's
contract Wallet is IERC1271 {
    address private immutable _owner;

    constructor(address owner) {
        _owner = owner;
    }

    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4) {
        bool valid = signature.length == 97 && ECDSA.recover(hash, signature[32:]) == _owner;
        return valid ? IERC1271.isValidSignature.selector : bytes4(0);
    }
}
