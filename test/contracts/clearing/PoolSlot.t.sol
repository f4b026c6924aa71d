// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {PoolSlot, PoolSlotLibrary} from "../../../contracts/clearing/PoolSlot.sol";
import {Cheats} from "../support/Cheats.sol";

contract PoolSlotTest is Cheats {
    function testFuzz_PacksAndReads(address settler, uint96 amount) external pure {
        PoolSlot pool = PoolSlotLibrary.pack(settler, amount);
        vm.assertEq(pool.settler(), settler, "settlement key");
        vm.assertEq(pool.amount(), amount, "amount");
        vm.assertEq(PoolSlot.unwrap(pool), (uint256(uint160(settler)) << 96) | amount, "layout");
        vm.assertEq(pool.isListed(), settler != address(0) || amount > 0, "listed");
    }
}
