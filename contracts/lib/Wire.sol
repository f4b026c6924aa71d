// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Wire: big-endian, unaligned integers in calldata
/// @notice Cursors are absolute positions in calldata. Nothing here checks bounds: a section's length is checked once, before any
/// of its entries is read, and calldata beyond its end reads as zeros.
library Wire {
    /// @dev Where the first byte of `data` lies.
    function start(bytes calldata data) internal pure returns (uint256 cursor) {
        assembly ("memory-safe") {
            cursor := data.offset
        }
    }

    function word(uint256 cursor) internal pure returns (bytes32 value) {
        assembly ("memory-safe") {
            value := calldataload(cursor)
        }
    }

    /// @dev An integer of `width` bytes, 0 to 32. A width of 0 is the number 0, because a shift by 256 leaves nothing.
    function number(uint256 cursor, uint256 width) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := shr(sub(256, shl(3, width)), calldataload(cursor))
        }
    }

    function addressAt(uint256 cursor) internal pure returns (address value) {
        assembly ("memory-safe") {
            value := shr(96, calldataload(cursor))
        }
    }
}
