// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @dev All of a device that a reading touches, in one storage slot: energy in bits 0 to 63, compute in 64 to 127, timestamp in 128
/// to 167, limit in 168 to 215, owner number in 216 to 247, kind in 248 to 251, state in 252 to 255. A type of its own and not a
/// struct, so that a device is always read and written whole, with one SLOAD and one SSTORE.
type DeviceSlot is uint256;

using DeviceSlotLibrary for DeviceSlot global;

/// @title DeviceSlot: one approved device
/// @notice 64 bits of mWh are 18 000 TWh, more than any one device measures. `limit` is the capacity in watts × (10 000 + margin in
/// basis points), kept as the product so that nothing is rounded before the time is known; its 48 bits are 28 GW.
library DeviceSlotLibrary {
    uint256 internal constant MAX_LIMIT = type(uint48).max;
    uint256 internal constant MAX_TOTAL = type(uint64).max;
    uint256 private constant READING_BITS = 168;

    /// @dev The caller keeps the fields within their widths: nothing is masked here.
    function pack(
        uint256 state_,
        uint256 kind_,
        uint256 ownerNumber_,
        uint256 limit_,
        uint256 timestamp_,
        uint256 energyMilliWh_,
        uint256 computeUnits_
    ) internal pure returns (DeviceSlot) {
        return DeviceSlot.wrap(
            (state_ << 252) | (kind_ << 248) | (ownerNumber_ << 216) | (limit_ << READING_BITS) | (timestamp_ << 128)
                | (computeUnits_ << 64) | energyMilliWh_
        );
    }

    /// @notice The device after a reading.
    function withReading(DeviceSlot slot, uint256 timestamp_, uint256 energyMilliWh_, uint256 computeUnits_)
        internal
        pure
        returns (DeviceSlot)
    {
        uint256 approved = (DeviceSlot.unwrap(slot) >> READING_BITS) << READING_BITS;
        return DeviceSlot.wrap(approved | (timestamp_ << 128) | (computeUnits_ << 64) | energyMilliWh_);
    }

    function withState(DeviceSlot slot, uint256 state_) internal pure returns (DeviceSlot) {
        return DeviceSlot.wrap(((DeviceSlot.unwrap(slot) << 4) >> 4) | (state_ << 252));
    }

    function state(DeviceSlot slot) internal pure returns (uint256) {
        return DeviceSlot.unwrap(slot) >> 252;
    }

    function kind(DeviceSlot slot) internal pure returns (uint256) {
        return (DeviceSlot.unwrap(slot) >> 248) & 0xf;
    }

    function ownerNumber(DeviceSlot slot) internal pure returns (uint256) {
        return uint32(DeviceSlot.unwrap(slot) >> 216);
    }

    function limit(DeviceSlot slot) internal pure returns (uint256) {
        return uint48(DeviceSlot.unwrap(slot) >> READING_BITS);
    }

    function timestamp(DeviceSlot slot) internal pure returns (uint256) {
        return uint40(DeviceSlot.unwrap(slot) >> 128);
    }

    function computeUnits(DeviceSlot slot) internal pure returns (uint256) {
        return uint64(DeviceSlot.unwrap(slot) >> 64);
    }

    function energyMilliWh(DeviceSlot slot) internal pure returns (uint256) {
        return uint64(DeviceSlot.unwrap(slot));
    }
}
