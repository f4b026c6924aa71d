// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {OwnerSlot, OwnerSlotLibrary} from "../../../contracts/energy/OwnerSlot.sol";
import {Cheats} from "../support/Cheats.sol";

contract OwnerSlotTest is Cheats {
    function testFuzz_OneFieldAtATime(address owner, uint88 first, uint88 owed, bool before, bool toClearing) external pure {
        OwnerSlot slot = OwnerSlotLibrary.from(owner);
        vm.assertTrue(slot.isPlain(), "owes nothing, delivers to its wallet");
        slot = slot.withOwed(first).withDelivery(before).withOwed(owed).withDelivery(toClearing);
        vm.assertEq(slot.account(), owner, "owner");
        vm.assertEq(slot.owedMilliWh(), owed, "owed");
        vm.assertEq(slot.toClearing(), toClearing, "delivery");
        vm.assertEq(slot.isPlain(), owed == 0 && !toClearing, "plain");
        uint256 word = uint256(uint160(owner)) | (uint256(owed) << 160) | (toClearing ? 1 << 248 : 0);
        vm.assertEq(OwnerSlot.unwrap(slot), word, "layout");
    }
}
