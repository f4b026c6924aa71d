// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title BatchBuilder: writes the batches that ClearingHouse and EnergyMeter read
library BatchBuilder {
    function empty() internal pure returns (bytes memory) {
        return hex"01";
    }

    function section(
        address asset,
        uint8 flags,
        uint8 debitWidth,
        uint8 creditWidth,
        uint16 debits,
        uint16 boths,
        uint16 credits,
        bytes memory entries
    ) internal pure returns (bytes memory) {
        return abi.encodePacked(asset, flags, (debitWidth << 4) | creditWidth, debits, boths, credits, entries);
    }

    function debit(bytes memory signature, uint256 total, uint256 width, bytes32 history) internal pure returns (bytes memory) {
        return abi.encodePacked(signature, number(total, width), history);
    }

    function both(
        bytes memory signature,
        uint256 debitTotal,
        uint256 debitWidth,
        bytes32 history,
        uint256 creditTotal,
        uint256 creditWidth
    ) internal pure returns (bytes memory) {
        return abi.encodePacked(signature, number(debitTotal, debitWidth), history, number(creditTotal, creditWidth));
    }

    function credit(address account, uint256 total, uint256 width) internal pure returns (bytes memory) {
        return abi.encodePacked(account, number(total, width));
    }

    /// @dev What a batch of deposits begins with: whether everybody pays into its own account, or names one.
    function deposits(bool own) internal pure returns (bytes memory) {
        return own ? bytes(hex"0101") : bytes(hex"0100");
    }

    /// @dev An entry of a batch of the first kind; of the second, account and owner follow.
    function deposit(
        address from,
        uint256 amount,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 salt,
        bytes memory signature
    ) internal pure returns (bytes memory) {
        return abi.encodePacked(from, uint80(amount), uint40(validAfter), uint40(validBefore), salt, signature);
    }

    /// @dev The low `width` bytes of a number, big-endian.
    function number(uint256 value, uint256 width) internal pure returns (bytes memory result) {
        result = new bytes(width);
        for (uint256 i = 0; i < width; ++i) result[width - 1 - i] = bytes1(uint8(value >> (8 * i)));
    }
}
