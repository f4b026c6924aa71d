// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IClearingHouse} from "../../../contracts/clearing/IClearingHouse.sol";
import {TestDollar} from "../../../contracts/token/TestDollar.sol";
import {ClearingSupport} from "../support/ClearingSupport.sol";
import {BatchBuilder} from "../support/BatchBuilder.sol";

contract SettleTest is ClearingSupport {
    bytes32 private constant HISTORY = keccak256("history");
    uint8 private constant W = 10;

    function setUp() external {
        setUpClearing();
    }

    // -------------------------------------------------------------- entries

    function debit(uint256 key, uint256 total) private view returns (bytes memory) {
        return BatchBuilder.debit(sign64(key, debitDigest(asset, total, HISTORY)), total, W, HISTORY);
    }

    function both(uint256 key, uint256 debitTotal, uint256 creditTotal) private view returns (bytes memory) {
        bytes memory signature = sign64(key, debitDigest(asset, debitTotal, HISTORY));
        return BatchBuilder.both(signature, debitTotal, W, HISTORY, creditTotal, W);
    }

    function credit(address account, uint256 total) private pure returns (bytes memory) {
        return BatchBuilder.credit(account, total, W);
    }

    function section(uint16 debits, uint16 boths, uint16 credits, bytes memory entries) private view returns (bytes memory) {
        return BatchBuilder.section(asset, 0, W, W, debits, boths, credits, entries);
    }

    function batch(uint16 debits, uint16 boths, uint16 credits, bytes memory entries) private view returns (bytes memory) {
        return bytes.concat(BatchBuilder.empty(), section(debits, boths, credits, entries));
    }

    function expectSettled(uint256 debited, uint256 credited, uint256 pool) private {
        vm.expectEmit(address(house));
        emit IClearingHouse.Settled(asset, debited, credited, pool);
    }

    // --------------------------------------------------------------- debits

    function test_ADebitMovesIntoThePool() external {
        give(alice, 100);
        expectSettled(30, 0, 30);
        settle(batch(1, 0, 0, debit(ALICE, 30)));
        assertAccount(alice, 70, 30, 0);
        vm.assertEq(house.poolOf(asset), 30, "pool");
    }

    function test_ADebitMovesOnlyWhatIsNotSettledYet() external {
        give(alice, 100);
        settle(batch(1, 0, 0, debit(ALICE, 30)));
        expectSettled(15, 0, 45);
        settle(batch(1, 0, 0, debit(ALICE, 45)));
        assertAccount(alice, 55, 45, 0);
    }

    function test_ADebitMovesWhatTheBalanceCovers() external {
        give(alice, 20);
        expectSettled(20, 0, 20);
        settle(batch(1, 0, 0, debit(ALICE, 30)));
        assertAccount(alice, 0, 20, 0);
        give(alice, 100);
        expectSettled(10, 0, 30);
        settle(batch(1, 0, 0, debit(ALICE, 30)));
        assertAccount(alice, 90, 30, 0);
    }

    function test_ATotalThatIsNotHigherMovesNothing() external {
        give(alice, 100);
        settle(batch(1, 0, 0, debit(ALICE, 30)));
        expectSettled(0, 0, 30);
        settle(batch(3, 0, 0, bytes.concat(debit(ALICE, 30), debit(ALICE, 29), debit(ALICE, 0))));
        assertAccount(alice, 70, 30, 0);
    }

    // -------------------------------------------------------------- credits

    function test_ACreditMovesOutOfThePool() external {
        fill(50);
        expectSettled(0, 20, 30);
        settle(batch(0, 0, 1, credit(bob, 20)));
        assertAccount(bob, 20, 0, 20);
        expectSettled(0, 10, 20);
        settle(batch(0, 0, 1, credit(bob, 30)));
        assertAccount(bob, 30, 0, 30);
        expectSettled(0, 1, 19);
        settle(batch(0, 0, 1, credit(bob, 31)));
        assertAccount(bob, 31, 0, 31);
    }

    function test_ACreditThatThePoolDoesNotCoverStaysDue() external {
        fill(50);
        expectSettled(0, 40, 10);
        settle(batch(0, 0, 3, bytes.concat(credit(bob, 51), credit(carol, 40), credit(fleet, 11))));
        assertAccount(bob, 0, 0, 0);
        assertAccount(carol, 40, 0, 40);
        assertAccount(fleet, 0, 0, 0);
        fill(52);
        settle(batch(0, 0, 2, bytes.concat(credit(bob, 51), credit(fleet, 11))));
        assertAccount(bob, 51, 0, 51);
        assertAccount(fleet, 11, 0, 11);
        vm.assertEq(house.poolOf(asset), 0, "pool");
    }

    function test_ACreditThatIsNotHigherMovesNothing() external {
        fill(50);
        settle(batch(0, 0, 4, bytes.concat(credit(bob, 20), credit(bob, 20), credit(bob, 19), credit(bob, 0))));
        assertAccount(bob, 20, 0, 20);
        vm.assertEq(house.poolOf(asset), 30, "pool");
    }

    // ---------------------------------------------------------------- boths

    function test_ABothNets() external {
        give(alice, 100);
        fill(10);
        expectSettled(30, 25, 15);
        settle(batch(0, 1, 0, both(ALICE, 30, 25)));
        assertAccount(alice, 95, 30, 25);
    }

    function test_ABothPaysOutOfWhatItEarns() external {
        fill(1);
        expectSettled(30, 31, 0);
        settle(batch(0, 1, 0, both(ALICE, 30, 31)));
        assertAccount(alice, 1, 30, 31);
    }

    function test_ABothsCreditIsPaidOutOfItsOwnDebit() external {
        expectSettled(30, 30, 0);
        settle(batch(0, 1, 0, both(ALICE, 30, 30)));
        assertAccount(alice, 0, 30, 30);
    }

    function test_SeveralBothsAddUp() external {
        give(alice, 5);
        expectSettled(50, 49, 1);
        settle(batch(0, 2, 0, bytes.concat(both(ALICE, 30, 25), both(BOB, 20, 24))));
        assertAccount(alice, 0, 30, 25);
        assertAccount(bob, 4, 20, 24);
    }

    function test_WhereThePoolDoesNotCoverItABothIsItsDebit() external {
        give(alice, 12);
        expectSettled(12, 0, 12);
        settle(batch(0, 1, 0, both(ALICE, 20, 33)));
        assertAccount(alice, 0, 12, 0);
        fill(12);
        expectSettled(0, 0, 24);
        settle(batch(0, 1, 0, both(ALICE, 20, 33)));
        fill(1);
        expectSettled(8, 33, 0);
        settle(batch(0, 1, 0, both(ALICE, 20, 33)));
        assertAccount(alice, 25, 20, 33);
    }

    // ---------------------------------------------------------------- order

    /// @dev Debits, then boths, then credits, so that one batch can carry what its own payers pay.
    function test_PayersFillThePoolForPayees() external {
        give(alice, 50);
        bytes memory entries = bytes.concat(debit(ALICE, 50), both(BOB, 10, 30), credit(carol, 30));
        expectSettled(60, 60, 0);
        settle(batch(1, 1, 1, entries));
        assertAccount(alice, 0, 50, 0);
        assertAccount(bob, 20, 10, 30);
        assertAccount(carol, 30, 0, 30);
    }

    function test_SectionsOfSeveralAssets() external {
        give(alice, 50);
        TestDollar other = deployDollar(address(this));
        vm.prank(cold);
        house.listAsset(address(other));
        bytes memory first = section(1, 0, 0, debit(ALICE, 50));
        bytes memory elsewhere = BatchBuilder.section(address(other), 0, W, W, 0, 0, 1, credit(bob, 1));
        bytes memory last = section(0, 0, 1, credit(bob, 50));
        settle(bytes.concat(BatchBuilder.empty(), first, elsewhere, last));
        assertAccount(bob, 50, 0, 50);
        vm.assertEq(house.accountOf(address(other), bob).credited, 0, "the other asset's pool is empty");
    }

    function test_AnUnlistedAssetsSectionMovesNothingAndSpoilsNothing() external {
        give(alice, 50);
        bytes memory unlisted =
            BatchBuilder.section(bob, 0, W, W, 1, 0, 1, bytes.concat(debit(ALICE, 10), credit(carol, 1)));
        vm.recordLogs();
        settle(bytes.concat(BatchBuilder.empty(), unlisted, section(1, 0, 0, debit(ALICE, 50))));
        vm.assertEq(vm.getRecordedLogs().length, 1, "one event, of the listed asset");
        assertAccount(alice, 0, 50, 0);
        vm.assertEq(house.accountOf(bob, carol).credited, 0, "unlisted");
    }

    function test_AnEmptyBatchMovesNothing() external {
        vm.recordLogs();
        settle(BatchBuilder.empty());
        vm.assertEq(vm.getRecordedLogs().length, 0, "no section, no event");
        expectSettled(0, 0, 0);
        settle(batch(0, 0, 0, ""));
    }

    // ----------------------------------------------------------- signatures

    function test_P256AccountsPay() external {
        address robot = addrP256(77);
        give(robot, 100);
        fill(5);
        bytes memory one = sign128(77, debitDigest(asset, 40, HISTORY));
        bytes memory two = sign128(77, debitDigest(asset, 60, HISTORY));
        bytes memory entries =
            bytes.concat(BatchBuilder.debit(one, 40, 4, HISTORY), BatchBuilder.both(two, 60, 4, HISTORY, 3, 2));
        settle(bytes.concat(BatchBuilder.empty(), BatchBuilder.section(asset, 1, 4, 2, 1, 1, 0, entries)));
        assertAccount(robot, 43, 60, 3);
    }

    /// @dev Nobody's signature, and one by another key, between two good ones.
    function test_ABadSignatureMovesNothingAndSpoilsNothing() external {
        give(alice, 100);
        give(bob, 100);
        give(carol, 100);
        bytes memory nobody = BatchBuilder.debit(new bytes(64), 10, W, HISTORY);
        bytes memory wrong = BatchBuilder.debit(sign64(CAROL, debitDigest(asset, 10, HISTORY)), 11, W, HISTORY);
        bytes memory nobodyBoth = BatchBuilder.both(new bytes(64), 10, W, HISTORY, 10, W);
        bytes memory entries = bytes.concat(debit(ALICE, 10), nobody, wrong, debit(BOB, 10), nobodyBoth, credit(fleet, 20));
        expectSettled(20, 20, 0);
        settle(batch(4, 1, 1, entries));
        assertAccount(alice, 90, 10, 0);
        assertAccount(bob, 90, 10, 0);
        assertAccount(carol, 100, 0, 0);
        assertAccount(address(0), 0, 0, 0);
    }

    function test_ABadP256SignatureMovesNothing() external {
        address robot = addrP256(77);
        give(robot, 100);
        bytes memory signature = sign128(77, debitDigest(asset, 40, HISTORY));
        signature[0] ^= 0x01;
        bytes memory entry = BatchBuilder.debit(signature, 40, 4, HISTORY);
        expectSettled(0, 0, 0);
        settle(bytes.concat(BatchBuilder.empty(), BatchBuilder.section(asset, 1, 4, 0, 1, 0, 0, entry)));
        assertAccount(robot, 100, 0, 0);
    }

    /// @dev Signed for another asset, another contract or another chain, it is another message, and its signer another account.
    function test_ASignatureHoldsForThisAssetContractAndChainAlone() external {
        give(alice, 100);
        TestDollar other = deployDollar(address(this));
        settle(batch(1, 0, 0, BatchBuilder.debit(sign64(ALICE, debitDigest(address(other), 9, HISTORY)), 9, W, HISTORY)));
        bytes32 message =
            keccak256(abi.encode(keccak256("Debit(address asset,uint80 total,bytes32 history)"), asset, 9, HISTORY));
        bytes32 elsewhere = typedDigest(domainOf("Sunledger", "1", address(other)), message);
        settle(batch(1, 0, 0, BatchBuilder.debit(sign64(ALICE, elsewhere), 9, W, HISTORY)));
        bytes memory entry = debit(ALICE, 9);
        vm.chainId(block.chainid + 1);
        settle(batch(1, 0, 0, entry));
        assertAccount(alice, 100, 0, 0);
        settle(batch(1, 0, 0, debit(ALICE, 9)));
        assertAccount(alice, 91, 9, 0);
    }

    // ---------------------------------------------------------------- format

    function test_OnlyTheSettlementKeySettles() external {
        vm.expectRevert(
            abi.encodeWithSelector(IClearingHouse.ClearingHouse_NotSettlementKey.selector, operator, address(this))
        );
        house.settle(batch(0, 0, 0, ""));
    }

    /// @dev The settlement key is asked for where there is something to settle: a batch without a listed asset does nothing.
    function test_WhatMovesNothingNeedsNoKey() external {
        house.settle(BatchBuilder.empty());
        (address listed, bytes memory entry) = (asset, debit(ALICE, 1));
        asset = address(deployDollar(address(this)));
        house.settle(batch(1, 0, 0, entry));
        asset = listed;
    }

    /// @dev The key stands in every asset's pool; replacing it must reach each.
    function test_AReplacedSettlementKeySettlesNothingAnyMore() external {
        give(alice, 100);
        TestDollar other = deployDollar(address(this));
        vm.startPrank(cold);
        house.listAsset(address(other));
        house.replaceKeys(carol, vm.addr(CREDIT_KEY), cold);
        vm.stopPrank();
        bytes[2] memory batches;
        batches[0] = batch(1, 0, 0, debit(ALICE, 9));
        asset = address(other);
        batches[1] = batch(0, 0, 0, "");
        for (uint256 i = 0; i < 2; ++i) {
            vm.expectRevert(
                abi.encodeWithSelector(IClearingHouse.ClearingHouse_NotSettlementKey.selector, carol, operator)
            );
            settle(batches[i]);
            vm.prank(carol);
            house.settle(batches[i]);
        }
        asset = address(dollar);
        assertAccount(alice, 91, 9, 0);
        vm.assertEq(house.poolOf(asset), 9, "pool");
    }

    /// @dev A pool has room for 2^96 units. A section that might not fit moves nothing until it is drained, and a credit goes on.
    function test_APoolThatIsFullTakesNoDebits() external {
        setAside(bob, (1 << 95) - 1);
        vm.prank(operator);
        house.release(asset, bob, (1 << 95) - 1);
        vm.warp(START + NOTICE);
        fill((1 << 95) - 1);
        house.finalizeRelease(asset, bob);
        uint256 full = (1 << 96) - 2;
        vm.assertEq(house.poolOf(asset), full, "pool");
        give(alice, 100);
        settle(batch(1, 0, 0, debit(ALICE, 9)));
        assertAccount(alice, 100, 0, 0);
        settle(batch(0, 0, 1, credit(carol, 9)));
        vm.assertEq(house.poolOf(asset), full - 9, "a credit needs no room");
        vm.prank(cold);
        house.drain(asset, cold, (1 << 80) - 11);
        settle(batch(1, 0, 0, debit(ALICE, 9)));
        assertAccount(alice, 100, 0, 0);
        vm.prank(cold);
        house.drain(asset, cold, 1);
        settle(batch(1, 0, 0, debit(ALICE, 9)));
        assertAccount(alice, 91, 9, 0);
    }

    function expectMalformed(uint256 expected, bytes memory data) private {
        vm.prank(operator);
        vm.expectRevert(
            abi.encodeWithSelector(IClearingHouse.ClearingHouse_BatchMalformed.selector, expected, data.length)
        );
        house.settle(data);
    }

    function test_OtherVersionsAreRefused() external {
        expectMalformed(1, "");
        for (uint256 version = 0; version < 256; ++version) {
            if (version == 1) continue;
            vm.prank(operator);
            vm.expectRevert(
                abi.encodeWithSelector(IClearingHouse.ClearingHouse_BatchVersion.selector, uint8(1), uint8(version))
            );
            house.settle(abi.encodePacked(uint8(version)));
        }
    }

    function test_ABatchThatIsCutOffIsRefusedWhole() external {
        give(alice, 50);
        bytes memory data = batch(1, 1, 1, bytes.concat(debit(ALICE, 50), both(BOB, 10, 30), credit(carol, 30)));
        for (uint256 length = 2; length < data.length; length += 7) {
            bytes memory part = new bytes(length);
            for (uint256 i = 0; i < length; ++i) part[i] = data[i];
            expectMalformed(length < 29 ? 29 : data.length, part);
        }
        assertAccount(alice, 50, 0, 0);
        settle(data);
        assertAccount(alice, 0, 50, 0);
    }

    function test_ABatchThatIsTooLongIsRefusedWhole() external {
        give(alice, 50);
        bytes memory data = batch(1, 0, 0, debit(ALICE, 50));
        for (uint256 extra = 1; extra < 28; ++extra) {
            expectMalformed(data.length + 28, bytes.concat(data, new bytes(extra)));
        }
        assertAccount(alice, 50, 0, 0);
    }

    function test_ABatchThatLiesAboutCountsIsRefusedWhole() external {
        give(alice, 50);
        bytes memory entry = debit(ALICE, 50);
        expectMalformed(29 + 2 * 106, batch(2, 0, 0, entry));
        expectMalformed(29 + 106 + 116, batch(1, 1, 0, entry));
        expectMalformed(29 + 106 + 30, batch(1, 0, 1, entry));
        expectMalformed(29 + 65_535 * (106 + 116 + 30), batch(65_535, 65_535, 65_535, entry));
        assertAccount(alice, 50, 0, 0);
    }

    /// @dev An unlisted asset's section must be of the format too, or what follows it could not be found.
    function test_AMalformedSectionOfAnUnlistedAssetIsRefused() external {
        expectMalformed(
            29 + 106, bytes.concat(BatchBuilder.empty(), BatchBuilder.section(bob, 0, W, W, 1, 0, 0, new bytes(105)))
        );
    }

    function test_UnknownFlagsAndWidthsAreRefused() external {
        for (uint256 flags = 2; flags < 256; ++flags) {
            expectMalformed(
                1, bytes.concat(BatchBuilder.empty(), BatchBuilder.section(asset, uint8(flags), 0, 0, 0, 0, 0, ""))
            );
        }
        for (uint8 width = 11; width < 16; ++width) {
            expectMalformed(
                1, bytes.concat(BatchBuilder.empty(), BatchBuilder.section(asset, 0, width, 0, 0, 0, 0, ""))
            );
            expectMalformed(
                1, bytes.concat(BatchBuilder.empty(), BatchBuilder.section(asset, 0, 0, width, 0, 0, 0, ""))
            );
        }
        bytes memory second = BatchBuilder.section(asset, 2, 0, 0, 0, 0, 0, "");
        expectMalformed(29, bytes.concat(batch(0, 0, 0, ""), second));
    }

    function test_TotalsOfEveryWidth() external {
        uint256 most = type(uint80).max;
        give(alice, most);
        fill(most);
        bytes memory all = BatchBuilder.empty();
        for (uint8 width = 0; width <= 10; ++width) {
            uint256 total = width == 0 ? 0 : (uint256(1) << (8 * width)) - 1;
            bytes memory signature = sign64(ALICE, debitDigest(asset, total, HISTORY));
            bytes memory entries = bytes.concat(
                BatchBuilder.debit(signature, total, width, HISTORY), BatchBuilder.credit(bob, total, width)
            );
            all = bytes.concat(all, BatchBuilder.section(asset, 0, width, width, 1, 0, 1, entries));
            settle(all);
            assertAccount(alice, most - total, total, 0);
            assertAccount(bob, total, 0, total);
        }
    }

    // ------------------------------------------------------------------ fuzz

    struct Shape {
        bool p256;
        uint8 debits;
        uint8 boths;
        uint8 credits;
        uint8 debitWidth;
        uint8 creditWidth;
    }

    /// @dev Nothing that an entry says makes settling revert, and nobody's arbitrary signature moves anybody's money.
    function testFuzz_ArbitraryEntriesNeverRevert(Shape memory shape, bytes32 seed) external {
        (shape.debits, shape.boths, shape.credits) = (shape.debits % 5, shape.boths % 5, shape.credits % 5);
        (shape.debitWidth, shape.creditWidth) = (shape.debitWidth % 11, shape.creditWidth % 11);
        give(alice, 1 << 79);
        fill(1 << 79);
        settle(bytes.concat(BatchBuilder.empty(), arbitrarySection(shape, seed)));
        vm.assertLe(house.poolOf(asset), 1 << 79, "no debit");
        assertAccount(alice, 1 << 79, 0, 0);
        vm.assertEq(dollar.balanceOf(address(house)), 1 << 80, "tokens");
    }

    function arbitrarySection(Shape memory shape, bytes32 seed) private view returns (bytes memory) {
        uint256 debitLength = (shape.p256 ? 160 : 96) + uint256(shape.debitWidth);
        uint256 length = shape.debits * debitLength + shape.boths * (debitLength + shape.creditWidth)
            + shape.credits * (20 + uint256(shape.creditWidth));
        bytes memory entries = "";
        while (entries.length < length) {
            seed = keccak256(abi.encode(seed));
            entries = bytes.concat(entries, seed);
        }
        assembly ("memory-safe") {
            mstore(entries, length)
        }
        return BatchBuilder.section(
            asset,
            shape.p256 ? 1 : 0,
            shape.debitWidth,
            shape.creditWidth,
            shape.debits,
            shape.boths,
            shape.credits,
            entries
        );
    }

    /// @dev I2 to I4 for one member through a few batches: what the slot loses the pool gains, to the unit.
    function testFuzz_I2_SettlingMovesMoneyAndMakesNone(
        uint96 balance,
        uint96 pool,
        uint80[4] calldata debitTotals,
        uint80[4] calldata creditTotals,
        uint8[4] calldata kinds
    ) external {
        balance = uint96(within(balance, 1, 1 << 80));
        pool = uint96(within(pool, 1, 1 << 95));
        give(alice, balance);
        fill(pool);
        IClearingHouse.Account memory before;
        for (uint256 i = 0; i < 4; ++i) {
            before = house.accountOf(asset, alice);
            if (kinds[i] % 3 == 0) settle(batch(1, 0, 0, debit(ALICE, debitTotals[i])));
            if (kinds[i] % 3 == 1) settle(batch(0, 1, 0, both(ALICE, debitTotals[i], creditTotals[i])));
            if (kinds[i] % 3 == 2) settle(batch(0, 0, 1, credit(alice, creditTotals[i])));
            IClearingHouse.Account memory now_ = house.accountOf(asset, alice);
            vm.assertEq(now_.balance + house.poolOf(asset), uint256(balance) + pool, "I2: nothing made, nothing lost");
            vm.assertGe(now_.debited, before.debited, "I4: debited");
            vm.assertGe(now_.credited, before.credited, "I4: credited");
            vm.assertEq(
                uint256(before.balance) + (now_.credited - before.credited),
                uint256(now_.balance) + (now_.debited - before.debited),
                "I3: balance falls by what was signed"
            );
            if (now_.debited > before.debited) vm.assertLe(now_.debited, debitTotals[i], "I4: never above what was signed");
        }
    }
}
