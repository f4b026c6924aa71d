// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @dev One asset's pool in one storage slot: amount in bits 0 to 95, settlement key in 96 to 255.
type PoolSlot is uint256;

using PoolSlotLibrary for PoolSlot global;

/// @title PoolSlot: one asset's pool, and who may settle it
/// @notice An asset is listed when its pool has a settlement key. The key stands here once more, beside ClearingHouse.settlementKey,
/// because settling reads this slot anyway: asking who sends the batch costs nothing more.
library PoolSlotLibrary {
    uint256 internal constant MAX_AMOUNT = type(uint96).max;

    /// @dev The caller keeps the amount within MAX_AMOUNT: nothing is masked here.
    function pack(address settler_, uint256 amount_) internal pure returns (PoolSlot) {
        return PoolSlot.wrap((uint256(uint160(settler_)) << 96) | amount_);
    }

    function isListed(PoolSlot pool) internal pure returns (bool) {
        return PoolSlot.unwrap(pool) != 0;
    }

    function settler(PoolSlot pool) internal pure returns (address) {
        return address(uint160(PoolSlot.unwrap(pool) >> 96));
    }

    function amount(PoolSlot pool) internal pure returns (uint256) {
        return PoolSlot.unwrap(pool) & MAX_AMOUNT;
    }
}
