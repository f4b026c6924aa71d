// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AuthorizedToken} from "../../../contracts/token/AuthorizedToken.sol";
import {IClearingHouse} from "../../../contracts/clearing/IClearingHouse.sol";
import {ClearingSupport} from "../support/ClearingSupport.sol";
import {BatchBuilder} from "../support/BatchBuilder.sol";
import {Vm} from "../support/Vm.sol";
import {AskingToken, Giver, GreedyWallet, LoudWallet, OddToken} from "../support/Tokens.sol";

/// @title DepositMany: many authorizations in one transaction, each judged by itself
contract DepositManyTest is ClearingSupport {
    uint256 private constant LATE = START + 1;

    struct Entry {
        uint256 key;
        address from;
        address account;
        address owner;
        uint256 amount;
        uint256 validAfter;
        uint256 validBefore;
        bytes32 salt;
    }

    OddToken private odd;

    function setUp() external {
        setUpClearing();
        odd = new OddToken(6);
        vm.prank(cold);
        house.listAsset(address(odd));
        dollar.mint(alice, 1_000);
        dollar.mint(bob, 1_000);
        dollar.mint(carol, 1_000);
    }

    function entryOf(uint256 key, uint256 amount) private pure returns (Entry memory) {
        address from = vm.addr(key);
        return Entry(key, from, from, address(0), amount, START - 1, LATE, bytes32("salt"));
    }

    function nonceOf(Entry memory e) private pure returns (bytes32) {
        return keccak256(abi.encode(e.account, e.owner, e.salt));
    }

    function signatureOf(Entry memory e) private view returns (bytes memory) {
        bytes32 typeHash = keccak256(
            "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
        );
        bytes32 message =
            keccak256(abi.encode(typeHash, e.from, address(house), e.amount, e.validAfter, e.validBefore, nonceOf(e)));
        return sign64(e.key, typedDigest(domainOf("Test Dollar", "1", asset), message));
    }

    function own(Entry memory e) private view returns (bytes memory) {
        return BatchBuilder.deposit(e.from, e.amount, e.validAfter, e.validBefore, e.salt, signatureOf(e));
    }

    function into(Entry memory e) private view returns (bytes memory) {
        return into(e, signatureOf(e));
    }

    function into(Entry memory e, bytes memory signature) private pure returns (bytes memory) {
        return abi.encodePacked(
            BatchBuilder.deposit(e.from, e.amount, e.validAfter, e.validBefore, e.salt, signature), e.account, e.owner
        );
    }

    function submit(bool isOwn, bytes memory entries) private returns (uint256 deposited) {
        vm.prank(fleet);
        return house.depositMany(asset, bytes.concat(BatchBuilder.deposits(isOwn), entries));
    }

    function single(Entry memory e) private {
        house.depositWithAuthorization(
            asset, e.from, e.account, e.owner, e.amount, e.validAfter, e.validBefore, e.salt, signatureOf(e)
        );
    }

    function expectRefused(Entry memory e) private {
        vm.expectEmit(address(house));
        emit IClearingHouse.DepositRefused(asset, e.account, e.from, nonceOf(e));
    }

    // -------------------------------------------------------------- the good

    function test_ManyPayIntoTheirOwnAccountsInOneTransaction() external {
        vm.expectEmit(address(house));
        emit IClearingHouse.Deposited(asset, alice, alice, 100);
        vm.expectEmit(address(house));
        emit IClearingHouse.Deposited(asset, bob, bob, 7);
        uint256 deposited = submit(true, bytes.concat(own(entryOf(ALICE, 100)), own(entryOf(BOB, 7))));
        vm.assertEq(deposited, 107, "deposited");
        assertAccount(alice, 100, 0, 0);
        assertAccount(bob, 7, 0, 0);
        vm.assertEq(dollar.balanceOf(address(house)), 107, "tokens");
        vm.assertEq(dollar.balanceOf(alice), 900, "sender");
    }

    function test_ManyPayIntoAccountsOfOthers() external {
        bind(CAROL, carol, fleet);
        Entry memory first = entryOf(ALICE, 100);
        (first.account, first.owner) = (carol, fleet);
        Entry memory second = entryOf(BOB, 7);
        second.account = carol;
        second.owner = fleet;
        Entry memory third = entryOf(BOB, 5);
        vm.expectEmit(address(house));
        emit IClearingHouse.Deposited(asset, carol, alice, 100);
        submit(false, bytes.concat(into(first), into(second), into(third)));
        assertAccount(carol, 107, 0, 0);
        assertAccount(bob, 5, 0, 0);
    }

    function test_OneAccountOftenInABatchKeepsItsTotals() external {
        give(alice, 100);
        fill(50);
        bytes32 history = bytes32("h");
        bytes memory entry = BatchBuilder.both(sign64(ALICE, debitDigest(asset, 30, history)), 30, 1, history, 20, 1);
        settle(bytes.concat(BatchBuilder.empty(), BatchBuilder.section(asset, 0, 1, 1, 0, 1, 0, entry)));
        Entry memory a = entryOf(ALICE, 5);
        Entry memory b = entryOf(ALICE, 6);
        b.salt = bytes32("another");
        vm.assertEq(submit(true, bytes.concat(own(a), own(b))), 11, "deposited");
        assertAccount(alice, 101, 30, 20);
    }

    /// @dev An entry for each that the batch has: what stands behind its end is none.
    function test_ABatchSaysOfEachEntryWhatBecameOfItAndNoMore() external {
        bytes memory unsigned = into(entryOf(CAROL, 3), new bytes(64));
        vm.recordLogs();
        submit(false, bytes.concat(into(entryOf(ALICE, 100)), unsigned, into(entryOf(BOB, 7))));
        Vm.Log[] memory logs = vm.getRecordedLogs();
        uint256[2] memory counts;
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].emitter != address(house)) continue;
            if (logs[i].topics[0] == IClearingHouse.Deposited.selector) ++counts[0];
            else if (logs[i].topics[0] == IClearingHouse.DepositRefused.selector) ++counts[1];
        }
        vm.assertEq(counts[0], 2, "taken");
        vm.assertEq(counts[1], 1, "refused");
    }

    function test_NobodyInABatchMovesNothing() external {
        vm.assertEq(submit(true, ""), 0, "own");
        vm.assertEq(submit(false, ""), 0, "into");
    }

    function test_DepositsOfAnAssetThatWasListedLater() external {
        odd.mint(alice, 10);
        bytes memory entry = BatchBuilder.deposit(alice, 10, 0, LATE, 0, new bytes(64));
        house.depositMany(address(odd), bytes.concat(BatchBuilder.deposits(true), entry));
        vm.assertEq(house.accountOf(address(odd), alice).balance, 10, "balance");
    }

    // --------------------------------------------------------------- the bad

    /// @dev Each way of being bad, between two good ones.
    function badEntry(uint256 kind) private returns (Entry memory bad, bytes memory signature) {
        bad = entryOf(BOB, 7);
        if (kind == 0) bad.amount = 1_001; // more than it has
        if (kind == 1) bad.validBefore = START; // too late
        if (kind == 2) bad.validAfter = START; // too early
        if (kind == 3) bad.owner = fleet; // no such owner
        if (kind == 4) bad.account = address(0);
        if (kind == 5) bad.amount = 0;
        if (kind == 6) single(bad); // somebody was faster
        if (kind == 7) bad.key = CAROL; // signed by another
        signature = signatureOf(bad);
        if (kind == 8) signature = new bytes(64); // signed by nobody
        if (kind == 9) bind(BOB, bob, fleet); // bound meanwhile
    }

    function test_I8_ABadDepositHoldsUpNoOther() external {
        for (uint256 kind = 0; kind < 10; ++kind) {
            uint256 snapshot = vm.snapshotState();
            (Entry memory bad, bytes memory signature) = badEntry(kind);
            uint256 before = bad.account == bob ? balanceOf(bob) : 0;
            bytes memory entries =
                bytes.concat(into(entryOf(ALICE, 100)), into(bad, signature), into(entryOf(CAROL, 3)));
            expectRefused(bad);
            vm.assertEq(submit(false, entries), 103, "deposited");
            assertAccount(alice, 100, 0, 0);
            assertAccount(bob, before, 0, 0);
            assertAccount(carol, 3, 0, 0);
            vm.assertEq(dollar.balanceOf(address(house)), 103 + before, "I1: tokens");
            vm.revertToState(snapshot);
        }
    }

    /// @dev Of the kinds above, what was only too early or too poor is good later: nothing of it was used.
    function test_WhatWasRefusedMayBeSentAgain() external {
        (Entry memory bad,) = badEntry(0);
        bytes memory batch = own(bad);
        expectRefused(bad);
        vm.assertEq(submit(true, batch), 0, "too poor");
        dollar.mint(bob, 1);
        vm.assertEq(submit(true, batch), 1_001, "rich enough");
        assertAccount(bob, 1_001, 0, 0);
    }

    function test_AnAuthorizationCountsOnceWhicheverWayItComes() external {
        Entry memory e = entryOf(ALICE, 100);
        expectRefused(e);
        vm.assertEq(submit(true, bytes.concat(own(e), own(e))), 100, "twice in one");
        expectRefused(e);
        vm.assertEq(submit(false, into(e)), 0, "again in another form");
        vm.expectRevert(
            abi.encodeWithSelector(AuthorizedToken.ERC3009UsedAuthorization.selector, alice, nonceOf(e))
        );
        single(e);
        assertAccount(alice, 100, 0, 0);
    }

    /// @dev Whoever submits a batch can change nothing that was signed.
    function test_EachPartOfADepositInABatchIsSigned() external {
        bytes memory signature = signatureOf(entryOf(BOB, 100));
        bind(CAROL, carol, fleet);
        for (uint256 i = 0; i < 7; ++i) {
            Entry memory e = entryOf(BOB, 100);
            if (i == 0) e.account = alice;
            if (i == 1) (e.account, e.owner) = (carol, fleet);
            if (i == 2) e.amount = 99;
            if (i == 3) e.validAfter -= 1;
            if (i == 4) e.validBefore += 1;
            if (i == 5) e.salt = bytes32("another");
            if (i == 6) e.from = alice;
            expectRefused(e);
            vm.assertEq(submit(false, into(e, signature)), 0, "changed");
        }
        vm.assertEq(submit(false, into(entryOf(BOB, 100), signature)), 100, "as signed");
    }

    /// @dev A stablecoin may ask the signer, which may be a contract that burns all that it is given, or answers without end.
    function test_I8_AGreedySignerHoldsUpNoOther() external {
        AskingToken asking = new AskingToken();
        vm.prank(cold);
        house.listAsset(address(asking));
        address[2] memory bad = [address(new GreedyWallet()), address(new LoudWallet())];
        for (uint256 i = 0; i < bad.length; ++i) {
            asking.mint(alice, 1);
            asking.mint(bad[i], 1);
            bytes memory entries = bytes.concat(
                BatchBuilder.deposit(bad[i], 1, 0, LATE, 0, new bytes(64)),
                BatchBuilder.deposit(alice, 1, 0, LATE, 0, new bytes(64))
            );
            uint256 gas = gasleft();
            uint256 deposited = house.depositMany{gas: 600_000}(
                address(asking), bytes.concat(BatchBuilder.deposits(true), entries)
            );
            vm.assertEq(deposited, 1, "deposited");
            vm.assertTrue(gas - gasleft() < 450_000, "gas");
            vm.assertEq(house.accountOf(address(asking), alice).balance, i + 1, "balance");
        }
    }

    /// @dev Too little gas refuses some, or all, and nothing is lost: what is credited is there, and the rest can be sent again.
    function testFuzz_I8_NoGasLimitCreditsWhatDidNotCome(uint256 gas) external {
        Entry memory e = entryOf(ALICE, 100);
        Entry memory f = entryOf(BOB, 7);
        bytes memory batch = bytes.concat(BatchBuilder.deposits(true), own(e), own(f));
        gas = within(gas, 20_000, 300_000);
        (bool done,) = address(house).call{gas: gas}(abi.encodeCall(house.depositMany, (asset, batch)));
        vm.assertEq(balanceOf(alice) + balanceOf(bob), dollar.balanceOf(address(house)), "I1: tokens");
        if (!done) vm.assertEq(dollar.balanceOf(address(house)), 0, "all or what was taken");
        house.depositMany(asset, batch);
        assertAccount(alice, 100, 0, 0);
        assertAccount(bob, 7, 0, 0);
    }

    // ------------------------------------------------------------- the asset

    function test_DepositsOfAnUnlistedAssetAreRefused() external {
        vm.expectRevert(abi.encodeWithSelector(IClearingHouse.ClearingHouse_AssetNotListed.selector, bob));
        house.depositMany(bob, BatchBuilder.deposits(true));
    }

    function oddBatch() private returns (bytes memory) {
        odd.mint(alice, 100);
        odd.mint(bob, 7);
        return bytes.concat(
            BatchBuilder.deposits(true),
            BatchBuilder.deposit(alice, 100, 0, LATE, 0, new bytes(64)),
            BatchBuilder.deposit(bob, 7, 0, LATE, 0, new bytes(64))
        );
    }

    /// @dev However much the house holds already.
    function test_ATokenMustDeliverWhatWasAuthorizedInAll() external {
        bytes memory batch = oddBatch();
        odd.mint(address(house), 1_000);
        odd.setShortBy(1);
        vm.expectRevert(
            abi.encodeWithSelector(IClearingHouse.ClearingHouse_NotDelivered.selector, uint256(107), uint256(105))
        );
        house.depositMany(address(odd), batch);
        odd.setShortBy(0);
        odd.setFee(10_000);
        vm.expectRevert(
            abi.encodeWithSelector(IClearingHouse.ClearingHouse_NotDelivered.selector, uint256(107), uint256(0))
        );
        house.depositMany(address(odd), batch);
    }

    function test_I8_AFrozenSenderHoldsUpNobody() external {
        bytes memory batch = oddBatch();
        odd.setFrozen(alice, true);
        vm.assertEq(house.depositMany(address(odd), batch), 7, "deposited");
        vm.assertEq(house.accountOf(address(odd), alice).balance, 0, "frozen");
        vm.assertEq(house.accountOf(address(odd), bob).balance, 7, "other");
    }

    function test_I8_AGiftInTheMidstOfABatchSpoilsNothing() external {
        bytes memory batch = oddBatch();
        Giver giver = new Giver(odd, address(house));
        odd.mint(address(giver), 1);
        odd.setCallback(address(giver), abi.encodeCall(giver.give, ()));
        vm.assertEq(house.depositMany(address(odd), batch), 107, "deposited");
        vm.assertEq(odd.balanceOf(address(house)), 108, "tokens");
        vm.assertEq(
            house.accountOf(address(odd), alice).balance + house.accountOf(address(odd), bob).balance, 107, "balances"
        );
    }

    /// @dev What the token does in between cannot take a deposit, so nothing is counted twice.
    function test_NothingThatMovesTokensCanBeEnteredFromABatch() external {
        bytes memory batch = oddBatch();
        odd.mint(address(odd), 100);
        bytes[4] memory inner = [
            abi.encodeCall(house.deposit, (address(odd), bob, address(0), 1)),
            abi.encodeCall(house.fund, (address(odd), 1)),
            abi.encodeCall(house.depositMany, (address(odd), batch)),
            abi.encodeCall(house.draw, (address(odd), bob))
        ];
        for (uint256 i = 0; i < inner.length; ++i) {
            odd.setCallback(address(house), inner[i]);
            vm.assertEq(house.depositMany(address(odd), batch), 0, "deposited");
            vm.assertEq(odd.balanceOf(address(house)), 0, "tokens");
        }
    }

    function test_ABatchCannotBeEnteredFromADeposit() external {
        bytes memory batch = oddBatch();
        odd.mint(address(this), 10);
        odd.approve(address(house), 10);
        odd.setCallback(address(house), abi.encodeCall(house.depositMany, (address(odd), batch)));
        vm.expectRevert(IClearingHouse.ClearingHouse_Reentered.selector);
        house.deposit(address(odd), alice, address(0), 10);
    }

    function test_TheHouseCanBeEnteredAgainAfterABatch() external {
        submit(true, own(entryOf(ALICE, 1)));
        give(alice, 1);
        submit(true, own(entryOf(BOB, 1)));
        assertAccount(alice, 2, 0, 0);
        assertAccount(bob, 1, 0, 0);
    }

    /// @dev It takes an asset of which so much exists.
    function test_ABatchThatRaisesABalanceTooFarIsRefused() external {
        give(alice, 1 << 80);
        vm.expectRevert(
            abi.encodeWithSelector(IClearingHouse.ClearingHouse_TooMuch.selector, uint256(1) << 80, (uint256(1) << 80) + 1)
        );
        submit(true, own(entryOf(ALICE, 1)));
    }

    // ------------------------------------------------------------ the format

    function test_ABatchOfAnotherVersionIsRefused() external {
        vm.expectRevert(abi.encodeWithSelector(IClearingHouse.ClearingHouse_BatchVersion.selector, 1, 2));
        house.depositMany(asset, hex"0201");
        vm.expectRevert(abi.encodeWithSelector(IClearingHouse.ClearingHouse_BatchVersion.selector, 1, 0));
        house.depositMany(asset, hex"0001");
    }

    function test_UnknownFlagsAreRefused() external {
        for (uint256 flags = 2; flags < 256; flags = flags * 2 + 1) {
            vm.expectRevert(abi.encodeWithSelector(IClearingHouse.ClearingHouse_BatchMalformed.selector, 1, 2));
            house.depositMany(asset, abi.encodePacked(uint8(1), uint8(flags)));
        }
    }

    function test_ABatchWithoutAHeaderIsRefused() external {
        vm.expectRevert(abi.encodeWithSelector(IClearingHouse.ClearingHouse_BatchMalformed.selector, 2, 0));
        house.depositMany(asset, "");
        vm.expectRevert(abi.encodeWithSelector(IClearingHouse.ClearingHouse_BatchMalformed.selector, 2, 1));
        house.depositMany(asset, hex"01");
    }

    /// @dev Bytes of an entry, 136 or 176, and two before the first one.
    function testFuzz_ABatchOfHalfEntriesIsRefused(bool isOwn, uint8 whole, uint8 over) external {
        uint256 length = isOwn ? 136 : 176;
        uint256 entries = 2 + uint256(whole % 4) * length;
        uint256 odds = within(over, 1, length - 1);
        vm.expectRevert(
            abi.encodeWithSelector(IClearingHouse.ClearingHouse_BatchMalformed.selector, entries, entries + odds)
        );
        submit(isOwn, new bytes(entries + odds - 2));
    }

    // ------------------------------------------------------------ arithmetic

    /// @dev Good and bad in any number and order: those and only those that are good arrive (I1).
    function testFuzz_TheGoodArriveWhateverStandsBetween(uint64[6] calldata amounts, uint8[6] calldata kinds) external {
        uint256[3] memory keys = [ALICE, BOB, CAROL];
        uint256[3] memory sums;
        bytes memory entries;
        for (uint256 i = 0; i < amounts.length; ++i) {
            Entry memory e = entryOf(keys[kinds[i] % 3], within(amounts[i], 1, type(uint64).max));
            e.salt = bytes32(i);
            dollar.mint(e.from, e.amount);
            bool bad = kinds[i] >= 192;
            entries = bytes.concat(entries, bad ? into(e, new bytes(64)) : into(e));
            if (!bad) sums[kinds[i] % 3] += e.amount;
        }
        vm.assertEq(submit(false, entries), sums[0] + sums[1] + sums[2], "deposited");
        vm.assertEq(balanceOf(alice), sums[0], "alice");
        vm.assertEq(balanceOf(bob), sums[1], "bob");
        vm.assertEq(balanceOf(carol), sums[2], "carol");
        vm.assertEq(dollar.balanceOf(address(house)), sums[0] + sums[1] + sums[2], "I1: tokens");
    }
}
