// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AccountSlot, AccountSlotLibrary} from "../../../contracts/clearing/AccountSlot.sol";
import {Cheats} from "../support/Cheats.sol";

/// @title The arithmetic of settlement, against what the protocol says in words
contract AccountSlotTest is Cheats {
    /// @dev Deposits raise a balance to this; credits beyond it.
    uint256 private constant MAX_BALANCE = 1 << 80;

    /// @dev Any account that can be: small numbers often, the widest sometimes.
    function slotFrom(uint96 balance, uint80 debited, uint80 credited) private pure returns (AccountSlot) {
        return AccountSlotLibrary.pack(balance % (MAX_BALANCE + credited + 1), debited % 2 ** 15, debited, credited);
    }

    function testFuzz_PacksAndReads(uint96 balance, uint16 count, uint80 debited, uint80 credited) external pure {
        balance %= 2 ** 81;
        count %= 2 ** 15;
        AccountSlot slot = AccountSlotLibrary.pack(balance, count, debited, credited);
        vm.assertEq(slot.count(), count, "count");
        vm.assertEq(slot.isEmpty(), uint256(balance) + debited + credited == 0, "empty");
        vm.assertEq(slot.balance(), balance, "balance");
        vm.assertEq(slot.debited(), debited, "debited");
        vm.assertEq(slot.credited(), credited, "credited");
        uint256 word = uint256(balance) | (uint256(count) << 81) | (uint256(debited) << 96) | (uint256(credited) << 176);
        vm.assertEq(AccountSlot.unwrap(slot), word, "layout");
    }

    /// @dev moved = min(total − debited, balance), or nothing where the total is not higher.
    function testFuzz_Debit(uint96 balance, uint80 debited, uint80 credited, uint80 total) external pure {
        AccountSlot slot = slotFrom(balance, debited, credited);
        (AccountSlot next, uint256 moved) = slot.applyDebit(total);
        uint256 expected = total <= debited ? 0 : uint256(total) - debited;
        if (expected > slot.balance()) expected = slot.balance();
        vm.assertEq(moved, expected, "moved");
        vm.assertEq(next.balance() + moved, slot.balance(), "balance");
        vm.assertEq(next.debited(), slot.debited() + moved, "debited");
        vm.assertEq(next.credited(), slot.credited(), "credited");
        vm.assertEq(next.count(), slot.count(), "count");
        if (moved > 0) vm.assertLe(next.debited(), total, "I4: never above what was signed");
        (, uint256 again) = next.applyDebit(total);
        if (next.balance() > 0) vm.assertEq(again, 0, "a total that is settled moves nothing");
    }

    function testFuzz_Credit(uint96 balance, uint80 debited, uint80 credited, uint80 total) external pure {
        AccountSlot slot = slotFrom(balance, debited, credited);
        uint256 due = AccountSlotLibrary.excess(total, slot.credited());
        AccountSlot next = slot.applyCredit(due);
        vm.assertEq(next.balance(), slot.balance() + due, "balance");
        vm.assertEq(next.credited(), total > credited ? total : credited, "credited");
        vm.assertEq(next.debited(), slot.debited(), "debited");
    }

    /// @dev With its credit: moved = min(debit due, balance + credit due). Without it, where pool + moved < credit due: min(debit
    /// due, balance).
    function testFuzz_Both(uint96 balance, uint80 debited, uint80 credited, uint80 debitTotal, uint80 creditTotal, uint96 pool)
        external
        pure
    {
        AccountSlot slot = slotFrom(balance, debited, credited);
        (AccountSlot next, uint256 paid, uint256 earned) = slot.applyBoth(debitTotal, creditTotal, pool);
        uint256 owed = debitTotal > debited ? uint256(debitTotal) - debited : 0;
        uint256 due = creditTotal > credited ? uint256(creditTotal) - credited : 0;
        uint256 expected = owed < slot.balance() + due ? owed : slot.balance() + due;
        if (pool + expected < due) {
            due = 0;
            expected = owed < slot.balance() ? owed : slot.balance();
        }
        vm.assertEq(paid, expected, "paid");
        vm.assertEq(earned, due, "earned");
        vm.assertEq(next.balance() + paid, slot.balance() + earned, "I2: balance");
        vm.assertEq(next.debited(), slot.debited() + paid, "debited");
        vm.assertEq(next.credited(), slot.credited() + earned, "credited");
        vm.assertGe(pool + paid, earned, "the pool covers it");
    }

    /// @dev A both is never worse than its two halves one after the other, whichever comes first.
    function testFuzz_BothReachesAsFarAsItsHalves(uint96 balance, uint80 debitTotal, uint80 creditTotal, uint96 pool)
        external
        pure
    {
        AccountSlot slot = slotFrom(balance, 0, 0);
        (AccountSlot next, uint256 paid, uint256 earned) = slot.applyBoth(debitTotal, creditTotal, pool);
        (AccountSlot debitFirst, uint256 moved) = slot.applyDebit(debitTotal);
        if (creditTotal <= pool + moved) debitFirst = debitFirst.applyCredit(creditTotal);
        vm.assertGe(next.debited(), debitFirst.debited(), "debited");
        vm.assertGe(next.credited(), debitFirst.credited(), "credited");
        if (creditTotal <= pool) {
            (, moved) = slot.applyCredit(creditTotal).applyDebit(debitTotal);
            vm.assertEq(paid, moved, "credit first: paid");
            vm.assertEq(earned, creditTotal, "credit first: earned");
        }
    }

    function test_TheWidestNumbersFit() external pure {
        uint256 most = type(uint80).max;
        AccountSlot slot = AccountSlotLibrary.pack(1 << 80, 7, 0, 0).applyCredit(most);
        vm.assertEq(slot.balance(), (1 << 80) + most, "balance");
        (slot,) = slot.applyDebit(most);
        vm.assertEq(slot.balance(), 1 << 80, "balance after the debit");
        vm.assertEq(slot.debited(), most, "debited");
        vm.assertEq(slot.credited(), most, "credited");
        vm.assertEq(slot.count(), 7, "count");
    }

    function testFuzz_OneFieldAtATime(uint96 balance, uint80 debited, uint80 credited, uint96 other) external pure {
        AccountSlot slot = slotFrom(balance, debited, credited);
        other %= 2 ** 81;
        AccountSlot next = slot.withBalance(other);
        vm.assertEq(next.balance(), other, "balance");
        vm.assertEq(AccountSlot.unwrap(next) >> 81, AccountSlot.unwrap(slot) >> 81, "all else");
        if (slot.count() == AccountSlotLibrary.MAX_COUNT) return;
        next = slot.counted();
        vm.assertEq(next.count(), slot.count() + 1, "count");
        vm.assertEq(next.balance(), slot.balance(), "balance kept");
        vm.assertEq(AccountSlot.unwrap(next) >> 96, AccountSlot.unwrap(slot) >> 96, "totals kept");
    }
}
