// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {DeviceSlot, DeviceSlotLibrary} from "../../../contracts/energy/DeviceSlot.sol";
import {Cheats} from "../support/Cheats.sol";

contract DeviceSlotTest is Cheats {
    struct Fields {
        uint8 state;
        uint8 kind;
        uint32 ownerNumber;
        uint48 limit;
        uint40 timestamp;
        uint64 energy;
        uint64 compute;
    }

    function pack(Fields memory f) private pure returns (DeviceSlot) {
        return DeviceSlotLibrary.pack(f.state & 0xf, f.kind & 0xf, f.ownerNumber, f.limit, f.timestamp, f.energy, f.compute);
    }

    function assertFields(DeviceSlot slot, Fields memory f) private pure {
        vm.assertEq(slot.state(), f.state & 0xf, "state");
        vm.assertEq(slot.kind(), f.kind & 0xf, "kind");
        vm.assertEq(slot.ownerNumber(), f.ownerNumber, "owner number");
        vm.assertEq(slot.limit(), f.limit, "limit");
        vm.assertEq(slot.timestamp(), f.timestamp, "timestamp");
        vm.assertEq(slot.energyMilliWh(), f.energy, "energy");
        vm.assertEq(slot.computeUnits(), f.compute, "compute");
    }

    function testFuzz_PacksAndReads(Fields memory fields) external pure {
        assertFields(pack(fields), fields);
    }

    function testFuzz_AReadingChangesItsThreeFieldsAlone(Fields memory fields, uint40 time, uint64 energy, uint64 compute)
        external
        pure
    {
        DeviceSlot slot = pack(fields).withReading(time, energy, compute);
        (fields.timestamp, fields.energy, fields.compute) = (time, energy, compute);
        assertFields(slot, fields);
    }

    function testFuzz_AStateChangesAlone(Fields memory fields, uint8 state) external pure {
        DeviceSlot slot = pack(fields).withState(state & 0xf);
        fields.state = state;
        assertFields(slot, fields);
    }
}
