// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title BatchBuilder: writes the batches that ClearingHouse.settle and EnergyMeter.submit read
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

    /// @dev The low `width` bytes of a number, big-endian.
    function number(uint256 value, uint256 width) internal pure returns (bytes memory result) {
        result = new bytes(width);
        for (uint256 i = 0; i < width; ++i) result[width - 1 - i] = bytes1(uint8(value >> (8 * i)));
    }
}
