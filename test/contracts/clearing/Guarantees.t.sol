// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IClearingHouse} from "../../../contracts/clearing/IClearingHouse.sol";
import {BatchBuilder} from "../support/BatchBuilder.sol";
import {ClearingSupport} from "../support/ClearingSupport.sol";
import {OddToken} from "../support/Tokens.sol";

/// @title What members may rely on whatever others do: I6, I7 and I8
contract GuaranteesTest is ClearingSupport {
    bytes32 private constant HISTORY = keccak256("history");

    function setUp() external {
        setUpClearing();
    }

    function collect(uint256 total) private returns (uint256) {
        IClearingHouse.Credit memory credit = creditOf(bob, total, debitDigest(asset, total, HISTORY));
        return house.collect(debitOf(ALICE, total, HISTORY), credit, proofOf(CREDIT_KEY, credit));
    }

    function redeem(uint256 key, uint256 total) private returns (uint256) {
        IClearingHouse.Credit memory credit = creditOf(bob, total, bytes32("debit"));
        (uint256 fromReserve, uint256 fromPool) = house.redeem(credit, proofOf(key, credit));
        return fromReserve + fromPool;
    }

    function debitBatch(uint256 key, uint256 total) private view returns (bytes memory) {
        bytes memory entry = BatchBuilder.debit(sign64(key, debitDigest(asset, total, HISTORY)), total, 10, HISTORY);
        return bytes.concat(BatchBuilder.empty(), BatchBuilder.section(asset, 0, 10, 10, 1, 0, 0, entry));
    }

    function creditBatch(address account, uint256 total) private view returns (bytes memory) {
        bytes memory entry = BatchBuilder.credit(account, total, 10);
        return bytes.concat(BatchBuilder.empty(), BatchBuilder.section(asset, 0, 10, 10, 0, 0, 1, entry));
    }

    // --------------------------------------------------------------------- I6

    /// @dev A payer pays, then leaves at once. At any moment of the window the payee collects what the operator accepted.
    function testFuzz_I6_NoExitEscapesAnAcceptedDebit(uint96 balance, uint80 debit, uint256 time, bool byOperator) external {
        balance = uint96(within(balance, 1, 1 << 80));
        debit = uint80(within(debit, 1, balance > type(uint80).max ? type(uint80).max : balance));
        give(alice, balance);
        startExit(ALICE, alice, carol);
        vm.warp(START + within(time, 0, WINDOW - 1));
        vm.expectRevert();
        house.finalizeExit(asset, alice);
        if (byOperator) settle(debitBatch(ALICE, debit));
        else vm.assertEq(collect(debit), debit, "collected");
        vm.assertEq(house.poolOf(asset), debit, "the whole debit");
        vm.warp(START + WINDOW);
        vm.assertEq(house.finalizeExit(asset, alice), balance - debit, "only the rest leaves");
    }

    /// @dev Cancelling and asking again, or a new owner, makes no window shorter.
    function test_I6_EveryExitHasItsWholeWindow() external {
        give(alice, 100);
        startExit(ALICE, alice, carol);
        vm.warp(START + WINDOW - 1);
        bind(ALICE, alice, fleet);
        startExit(FLEET, alice, fleet);
        vm.warp(START + WINDOW);
        vm.expectRevert(
            abi.encodeWithSelector(
                IClearingHouse.ClearingHouse_WindowOpen.selector, START + 2 * WINDOW - 1, START + WINDOW
            )
        );
        house.finalizeExit(asset, alice);
        vm.assertEq(collect(60), 60, "collected");
    }

    // --------------------------------------------------------------------- I7

    /// @dev Bob has a reserve, part of which is announced to go. Whatever the operator does with every key it has, at any time
    /// before the notice period ends: what is left of the reserve pays the credit that Bob holds.
    function testFuzz_I7_AReserveLessAnnouncedReleasesIsPaid(uint96 reserved, uint96 announced, uint80 due, uint256 seed) external {
        reserved = uint96(within(reserved, 1, 1 << 79));
        announced = uint96(within(announced, 0, reserved));
        uint256 guaranteed = reserved - announced;
        due = uint80(within(due, 0, guaranteed));
        setAside(bob, reserved);
        if (announced > 0) {
            vm.prank(operator);
            house.release(asset, bob, announced);
            vm.warp(START + seed % (2 * NOTICE));
        }
        uint256 from = block.timestamp;
        for (uint256 i = 0; i < 6; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            vm.warp(within(seed >> 8, block.timestamp, from + NOTICE - 1));
            hurt(seed);
        }
        uint256 paid = balanceOf(bob);
        redeem(CREDIT_KEY, due);
        vm.assertGe(balanceOf(bob), due, "I7: paid in full");
        vm.assertGe(balanceOf(bob), paid, "I3");
    }

    /// @dev Something that an operator can do.
    function hurt(uint256 seed) private {
        uint256 action = seed % 6;
        uint256 pool = house.poolOf(asset);
        uint256 reserved = house.reserveOf(asset, bob);
        (uint256 announced, uint256 endsAt) = house.releaseOf(asset, bob);
        if (action == 0 && announced > 0 && block.timestamp >= endsAt) {
            house.finalizeRelease(asset, bob);
        } else if (action == 1 && reserved > 0) {
            vm.prank(operator);
            house.release(asset, bob, within(seed >> 64, 1, reserved));
        } else if (action == 2 && pool > 0) {
            vm.prank(cold);
            house.drain(asset, carol, pool);
        } else if (action == 3 && pool > 0) {
            vm.prank(operator);
            house.reserve(asset, carol, pool);
        } else if (action == 4) {
            vm.prank(cold);
            house.replaceKeys(operator, vm.addr(0xBAD00 + seed % 3), cold);
        } else if (action == 5) {
            settle(creditBatch(bob, seed % 1_000));
        }
    }

    /// @dev Two replacements in a row, and a third back to the first key: the first key's credits draw on the reserve all along.
    function test_I7_ReplacingTheCreditKeyTwiceVoidsNoReserve() external {
        setAside(bob, 100);
        vm.startPrank(cold);
        house.replaceKeys(operator, vm.addr(0xBAD1), cold);
        house.replaceKeys(operator, vm.addr(0xBAD2), cold);
        vm.stopPrank();
        vm.warp(START + NOTICE - 1);
        vm.assertEq(redeem(CREDIT_KEY, 40), 40, "the first key's credit");
        vm.prank(cold);
        house.replaceKeys(operator, vm.addr(CREDIT_KEY), cold);
        vm.warp(START + 3 * NOTICE);
        vm.assertEq(redeem(CREDIT_KEY, 100), 60, "the first key, in office again");
    }

    // --------------------------------------------------------------------- I8

    /// @dev A receiver that the token refuses leaves like everybody else; only its own draw fails, until the token lets it.
    function test_I8_AFrozenReceiverHoldsUpNobody() external {
        OddToken odd = listed();
        asset = address(odd);
        (address frozen, address free) = (carol, fleet);
        startExit(ALICE, alice, frozen);
        startExit(BOB, bob, free);
        odd.setFrozen(frozen, true);
        odd.setFrozen(alice, true);
        vm.warp(START + WINDOW);
        vm.assertEq(house.finalizeExit(asset, alice), 100, "leaves");
        vm.assertEq(house.finalizeExit(asset, bob), 100, "leaves too");
        vm.expectRevert();
        house.draw(asset, frozen);
        vm.assertEq(house.draw(asset, free), 100, "draws");
        odd.setFrozen(frozen, false);
        vm.assertEq(house.draw(asset, frozen), 100, "later");
    }

    /// @dev An asset whose every transfer fails: its accounts can still be settled, and other assets notice nothing.
    function test_I8_ABrokenAssetHoldsUpNoOther() external {
        OddToken odd = listed();
        odd.setCallback(address(this), abi.encodeCall(this.fail, ()));
        vm.expectRevert();
        odd.transfer(alice, 1);
        give(alice, 50);
        bytes32 digest = debitDigest(address(odd), 30, HISTORY);
        bytes memory entries =
            bytes.concat(BatchBuilder.debit(sign64(ALICE, digest), 30, 10, HISTORY), BatchBuilder.credit(bob, 30, 10));
        bytes memory broken = BatchBuilder.section(address(odd), 0, 10, 10, 1, 0, 1, entries);
        digest = debitDigest(asset, 20, HISTORY);
        entries = bytes.concat(BatchBuilder.debit(sign64(ALICE, digest), 20, 10, HISTORY), BatchBuilder.credit(bob, 20, 10));
        settle(
            bytes.concat(BatchBuilder.empty(), broken, BatchBuilder.section(asset, 0, 10, 10, 1, 0, 1, entries))
        );
        assertAccount(bob, 20, 0, 20);
        vm.assertEq(house.accountOf(address(odd), bob).balance, 130, "the broken asset's accounts");
    }

    function fail() external pure {
        revert("no transfer today");
    }

    /// @dev Members settle what they can just before the operator does. Its batch finds less to do, and ends where it would have.
    function testFuzz_I8_BeingFirstMakesNoBatchFail(uint80 balance, uint80 debit, uint80 credit) external {
        give(alice, within(balance, 1, type(uint80).max));
        collect(debit);
        redeem(CREDIT_KEY, credit);
        uint256 paid = balanceOf(bob);
        bytes memory entries = bytes.concat(
            BatchBuilder.debit(sign64(ALICE, debitDigest(asset, debit, HISTORY)), debit, 10, HISTORY),
            BatchBuilder.credit(bob, credit, 10)
        );
        settle(bytes.concat(BatchBuilder.empty(), BatchBuilder.section(asset, 0, 10, 10, 1, 0, 1, entries)));
        vm.assertEq(balanceOf(bob), paid, "nothing left to do");
    }

    /// @dev One payer's overspending leaves its payee's credit due, and everybody else's paid.
    function test_I8_AnUncoveredCreditStaysDueAlone() external {
        give(alice, 10);
        give(carol, 50);
        bytes memory debits = bytes.concat(
            BatchBuilder.debit(sign64(ALICE, debitDigest(asset, 1_000, HISTORY)), 1_000, 2, HISTORY),
            BatchBuilder.debit(sign64(CAROL, debitDigest(asset, 50, HISTORY)), 50, 2, HISTORY)
        );
        bytes memory credits = bytes.concat(BatchBuilder.credit(bob, 1_000, 2), BatchBuilder.credit(fleet, 50, 2));
        bytes memory entries = bytes.concat(debits, credits);
        settle(bytes.concat(BatchBuilder.empty(), BatchBuilder.section(asset, 0, 2, 2, 2, 0, 2, entries)));
        assertAccount(fleet, 50, 0, 50);
        assertAccount(bob, 0, 0, 0);
        assertAccount(alice, 0, 10, 0);
    }

    function listed() private returns (OddToken odd) {
        odd = new OddToken(6);
        vm.prank(cold);
        house.listAsset(address(odd));
        odd.mint(address(this), 201);
        odd.approve(address(house), 200);
        house.deposit(address(odd), alice, address(0), 100);
        house.deposit(address(odd), bob, address(0), 100);
    }
}
