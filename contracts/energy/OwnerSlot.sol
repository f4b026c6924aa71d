// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @dev An owner of meters in one storage slot: address in bits 0 to 159, what it owes in 160 to 247, in 248 whether its credits go to
/// the clearing house. A type of its own, so that one look at the upper bits says that there is nothing but to mint.
type OwnerSlot is uint256;

using OwnerSlotLibrary for OwnerSlot global;

/// @title OwnerSlot: an owner of meters
/// @notice 88 bits of mWh are ten million years of the world's generation.
library OwnerSlotLibrary {
    uint256 private constant OWED_MASK = type(uint88).max;
    uint256 private constant TO_CLEARING = 1 << 248;

    function from(address owner) internal pure returns (OwnerSlot) {
        return OwnerSlot.wrap(uint160(owner));
    }

    function account(OwnerSlot slot) internal pure returns (address) {
        return address(uint160(OwnerSlot.unwrap(slot)));
    }

    function owedMilliWh(OwnerSlot slot) internal pure returns (uint256) {
        return (OwnerSlot.unwrap(slot) >> 160) & OWED_MASK;
    }

    function toClearing(OwnerSlot slot) internal pure returns (bool) {
        return OwnerSlot.unwrap(slot) & TO_CLEARING != 0;
    }

    /// @notice Owes nothing, and its wallet receives.
    function isPlain(OwnerSlot slot) internal pure returns (bool) {
        return OwnerSlot.unwrap(slot) >> 160 == 0;
    }

    /// @dev The caller keeps `owed` within 88 bits.
    function withOwed(OwnerSlot slot, uint256 owed) internal pure returns (OwnerSlot) {
        return OwnerSlot.wrap((OwnerSlot.unwrap(slot) & ~(OWED_MASK << 160)) | (owed << 160));
    }

    function withDelivery(OwnerSlot slot, bool toClearing_) internal pure returns (OwnerSlot) {
        uint256 word = OwnerSlot.unwrap(slot);
        return OwnerSlot.wrap(toClearing_ ? word | TO_CLEARING : word & ~TO_CLEARING);
    }
}
