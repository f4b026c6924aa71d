// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @dev Where in memory a list of mints begins: a word for where its next entry goes, then the array that EnergyCredit.mintMany takes.
type MintList is uint256;

using MintListLibrary for MintList global;

/// @title MintList: credits that are still to be minted
/// @notice An array that grows to what was set aside for it. A batch appends to it once an owner, so an append is two stores and no
/// check: whoever makes the list says how many entries there will be at most.
library MintListLibrary {
    function withRoomFor(uint256 most) internal pure returns (MintList list) {
        assembly ("memory-safe") {
            list := mload(0x40)
            mstore(list, add(list, 0x40))
            mstore(0x40, add(list, add(0x40, shl(5, most))))
        }
    }

    function isEmpty(MintList list) internal pure returns (bool empty) {
        assembly ("memory-safe") {
            empty := eq(mload(list), add(list, 0x40))
        }
    }

    /// @dev The wallet in the high 160 bits, the amount in the low 96. No more entries than there is room for.
    function push(MintList list, address to, uint256 milliWh) internal pure {
        uint256 entry = (uint256(uint160(to)) << 96) | milliWh;
        assembly ("memory-safe") {
            let end := mload(list)
            mstore(end, entry)
            mstore(list, add(end, 0x20))
        }
    }

    /// @notice What has been pushed since the list was made or taken. The list is empty afterwards, and the array good until the next
    /// push.
    function take(MintList list) internal pure returns (uint256[] memory entries) {
        assembly ("memory-safe") {
            entries := add(list, 0x20)
            mstore(entries, shr(5, sub(mload(list), add(list, 0x40))))
            mstore(list, add(list, 0x40))
        }
    }
}
