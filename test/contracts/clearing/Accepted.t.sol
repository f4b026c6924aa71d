// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";
import {IClearingHouse} from "../../../contracts/clearing/IClearingHouse.sol";
import {TestDollar} from "../../../contracts/token/TestDollar.sol";
import {ClearingSupport} from "../support/ClearingSupport.sol";

/// @title What the credit key has accepted, settled by anyone: collect and redeem
contract AcceptedTest is ClearingSupport {
    bytes32 private constant HISTORY = keccak256("history");
    uint256 private constant NEW_CREDIT_KEY = 0xC4ED18;

    function setUp() external {
        setUpClearing();
    }

    /// @dev Bob's credit that passes on Alice's debit.
    function passedOn(uint256 debitTotal, uint256 creditTotal) private view returns (IClearingHouse.Credit memory) {
        return creditOf(bob, creditTotal, debitDigest(asset, debitTotal, HISTORY));
    }

    function collect(uint256 debitTotal) private returns (uint256) {
        IClearingHouse.Credit memory credit = passedOn(debitTotal, 1);
        return house.collect(debitOf(ALICE, debitTotal, HISTORY), credit, proofOf(CREDIT_KEY, credit));
    }

    function redeem(uint256 key, uint256 total) private returns (uint256, uint256) {
        IClearingHouse.Credit memory credit = creditOf(bob, total, bytes32("debit"));
        return house.redeem(credit, proofOf(key, credit));
    }

    function replaceCreditKey(uint256 key) private {
        vm.prank(cold);
        house.replaceKeys(operator, vm.addr(key), cold);
    }

    // --------------------------------------------------------------- collect

    function test_AnybodyCollectsAnAcceptedDebit() external {
        give(alice, 100);
        IClearingHouse.Credit memory credit = passedOn(30, 30);
        vm.expectEmit(address(house));
        emit IClearingHouse.Collected(asset, alice, 30, HISTORY, 30);
        vm.prank(carol);
        uint256 moved = house.collect(debitOf(ALICE, 30, HISTORY), credit, proofOf(CREDIT_KEY, credit));
        vm.assertEq(moved, 30, "moved");
        assertAccount(alice, 70, 30, 0);
        vm.assertEq(house.poolOf(asset), 30, "pool");
    }

    function test_CollectMovesWhatTheBalanceCovers() external {
        give(alice, 20);
        vm.assertEq(collect(30), 20, "moved");
        assertAccount(alice, 0, 20, 0);
        give(alice, 20);
        vm.assertEq(collect(30), 10, "the rest");
        assertAccount(alice, 10, 30, 0);
    }

    /// @dev Somebody was first: nothing to move, nothing that reverts, and nothing to announce.
    function test_CollectingAgainMovesNothing() external {
        give(alice, 100);
        collect(30);
        vm.recordLogs();
        vm.assertEq(collect(30), 0, "again");
        vm.assertEq(collect(20), 0, "older");
        vm.assertEq(vm.getRecordedLogs().length, 0, "events");
        assertAccount(alice, 70, 30, 0);
    }

    function test_CollectTakesTheBranchToTheRoot() external {
        give(alice, 100);
        IClearingHouse.Credit memory credit = passedOn(30, 30);
        bytes32[] memory branch = new bytes32[](3);
        (branch[0], branch[1], branch[2]) = (keccak256("a"), bytes32(0), bytes32(type(uint256).max));
        bytes32 root = creditDigest(credit);
        for (uint256 i = 0; i < 3; ++i) root = Hashes.commutativeKeccak256(root, branch[i]);
        IClearingHouse.Proof memory proof = IClearingHouse.Proof(sign64(CREDIT_KEY, rootDigest(root)), branch);
        vm.assertEq(house.collect(debitOf(ALICE, 30, HISTORY), credit, proof), 30, "moved");

        branch[1] = bytes32(uint256(1));
        vm.expectRevert();
        house.collect(debitOf(ALICE, 30, HISTORY), credit, proof);
    }

    function test_CollectRefusesADebitThatTheCreditDoesNotPassOn() external {
        give(alice, 100);
        IClearingHouse.Credit memory credit = passedOn(30, 30);
        IClearingHouse.Proof memory proof = proofOf(CREDIT_KEY, credit);
        bytes32 expected = debitDigest(asset, 31, HISTORY);
        vm.expectRevert(
            abi.encodeWithSelector(IClearingHouse.ClearingHouse_DebitNotAccepted.selector, expected, credit.debit)
        );
        house.collect(debitOf(ALICE, 31, HISTORY), credit, proof);
        expected = debitDigest(asset, 30, bytes32("other"));
        vm.expectRevert(
            abi.encodeWithSelector(IClearingHouse.ClearingHouse_DebitNotAccepted.selector, expected, credit.debit)
        );
        house.collect(debitOf(ALICE, 30, bytes32("other")), credit, proof);
        assertAccount(alice, 100, 0, 0);
    }

    function test_CollectRefusesACreditOfAnotherAsset() external {
        give(alice, 100);
        IClearingHouse.Credit memory credit = passedOn(30, 30);
        credit.asset = carol;
        vm.expectRevert(abi.encodeWithSelector(IClearingHouse.ClearingHouse_WrongAsset.selector, asset, carol));
        house.collect(debitOf(ALICE, 30, HISTORY), credit, proofOf(CREDIT_KEY, credit));
    }

    function test_CollectRefusesAnUnlistedAsset() external {
        IClearingHouse.Debit memory debit = debitOf(ALICE, 30, HISTORY);
        debit.asset = carol;
        IClearingHouse.Credit memory credit = passedOn(30, 30);
        vm.expectRevert(abi.encodeWithSelector(IClearingHouse.ClearingHouse_AssetNotListed.selector, carol));
        house.collect(debit, credit, proofOf(CREDIT_KEY, credit));
    }

    /// @dev A debit that nobody accepted is a promise to the operator alone: no other key makes it one to anybody else.
    function test_CollectRefusesEveryOtherKey() external {
        give(alice, 100);
        IClearingHouse.Credit memory credit = passedOn(30, 30);
        IClearingHouse.Debit memory debit = debitOf(ALICE, 30, HISTORY);
        IClearingHouse.Proof memory proof = proofOf(BOB, credit);
        vm.expectRevert(
            abi.encodeWithSelector(IClearingHouse.ClearingHouse_WrongCreditKey.selector, vm.addr(CREDIT_KEY), bob)
        );
        house.collect(debit, credit, proof);

        proof = proofOf(CREDIT_KEY, credit);
        replaceCreditKey(NEW_CREDIT_KEY);
        vm.expectRevert(
            abi.encodeWithSelector(
                IClearingHouse.ClearingHouse_WrongCreditKey.selector, vm.addr(NEW_CREDIT_KEY), vm.addr(CREDIT_KEY)
            )
        );
        house.collect(debit, credit, proof);
        vm.assertEq(house.collect(debit, credit, proofOf(NEW_CREDIT_KEY, credit)), 30, "signed again with the new key");
    }

    function test_CollectRefusesNobodysSignatures() external {
        give(alice, 100);
        IClearingHouse.Credit memory credit = passedOn(30, 30);
        IClearingHouse.Debit memory debit = debitOf(ALICE, 30, HISTORY);
        IClearingHouse.Proof memory none = IClearingHouse.Proof(new bytes(64), new bytes32[](0));
        vm.expectRevert(IClearingHouse.ClearingHouse_BadSignature.selector);
        house.collect(debit, credit, none);
        IClearingHouse.Proof memory proof = proofOf(CREDIT_KEY, credit);
        debit.signature = new bytes(65);
        vm.expectRevert(IClearingHouse.ClearingHouse_BadSignature.selector);
        house.collect(debit, credit, proof);
    }

    /// @dev Whose debit it is says its signature: another signer's account pays, or nobody's.
    function test_CollectMovesTheSignersMoneyAlone() external {
        give(alice, 100);
        IClearingHouse.Credit memory credit = passedOn(30, 30);
        vm.assertEq(
            house.collect(debitOf(CAROL, 30, HISTORY), credit, proofOf(CREDIT_KEY, credit)), 0, "an account without money"
        );
        assertAccount(alice, 100, 0, 0);
    }

    // ---------------------------------------------------------------- redeem

    function test_RedeemPaysFromTheReserveThenThePool() external {
        setAside(bob, 30);
        fill(100);
        IClearingHouse.Credit memory credit = creditOf(bob, 50, bytes32("debit"));
        vm.expectEmit(address(house));
        emit IClearingHouse.Redeemed(asset, bob, 50, credit.history, 30, 20);
        vm.prank(carol);
        (uint256 fromReserve, uint256 fromPool) = house.redeem(credit, proofOf(CREDIT_KEY, credit));
        vm.assertEq(fromReserve, 30, "from reserve");
        vm.assertEq(fromPool, 20, "from pool");
        assertAccount(bob, 50, 0, 50);
        vm.assertEq(house.reserveOf(asset, bob), 0, "reserve");
        vm.assertEq(house.poolOf(asset), 80, "pool");
    }

    function test_RedeemPaysAsFarAsTheyReach() external {
        setAside(bob, 30);
        fill(5);
        (uint256 fromReserve, uint256 fromPool) = redeem(CREDIT_KEY, 50);
        vm.assertEq(fromReserve + fromPool, 35, "paid");
        assertAccount(bob, 35, 0, 35);
        fill(100);
        (fromReserve, fromPool) = redeem(CREDIT_KEY, 50);
        vm.assertEq(fromPool, 15, "the rest");
        assertAccount(bob, 50, 0, 50);
    }

    function test_RedeemingAgainPaysNothing() external {
        fill(100);
        redeem(CREDIT_KEY, 50);
        vm.recordLogs();
        (uint256 fromReserve, uint256 fromPool) = redeem(CREDIT_KEY, 50);
        vm.assertEq(fromReserve + fromPool, 0, "again");
        (fromReserve, fromPool) = redeem(CREDIT_KEY, 49);
        vm.assertEq(fromReserve + fromPool, 0, "older");
        vm.assertEq(vm.getRecordedLogs().length, 0, "events");
        assertAccount(bob, 50, 0, 50);
    }

    function test_RedeemRefusesOtherKeysAndNobody() external {
        fill(100);
        IClearingHouse.Credit memory credit = creditOf(bob, 50, bytes32("debit"));
        IClearingHouse.Proof memory proof = proofOf(BOB, credit);
        vm.expectRevert(
            abi.encodeWithSelector(IClearingHouse.ClearingHouse_WrongCreditKey.selector, vm.addr(CREDIT_KEY), bob)
        );
        house.redeem(credit, proof);
        vm.expectRevert(IClearingHouse.ClearingHouse_BadSignature.selector);
        house.redeem(credit, IClearingHouse.Proof("", new bytes32[](0)));
    }

    /// @dev Each field of a credit is part of what was signed.
    function test_RedeemRefusesACreditThatWasChanged() external {
        fill(100);
        IClearingHouse.Credit memory credit = creditOf(bob, 50, bytes32("debit"));
        IClearingHouse.Proof memory proof = proofOf(CREDIT_KEY, credit);
        for (uint256 i = 0; i < 5; ++i) {
            IClearingHouse.Credit memory changed = creditOf(bob, 50, bytes32("debit"));
            if (i == 0) changed.account = carol;
            if (i == 1) changed.total = 51;
            if (i == 2) changed.history = bytes32("other");
            if (i == 3) changed.debit = bytes32("other");
            if (i == 4) changed.asset = carol;
            vm.expectRevert();
            house.redeem(changed, proof);
        }
        house.redeem(credit, proof);
        assertAccount(bob, 50, 0, 50);
    }

    /// @dev An inner node of a tree of credits is 64 hashed bytes and no credit; its children prove nothing by themselves.
    function test_ANodeIsNoLeaf() external {
        fill(100);
        IClearingHouse.Credit memory one = creditOf(bob, 50, bytes32("1"));
        IClearingHouse.Credit memory two = creditOf(carol, 20, bytes32("2"));
        bytes32 root = Hashes.commutativeKeccak256(creditDigest(one), creditDigest(two));
        bytes memory signature = sign64(CREDIT_KEY, rootDigest(root));
        IClearingHouse.Credit memory three = creditOf(fleet, 30, bytes32("3"));
        bytes32[] memory branch = new bytes32[](1);
        branch[0] = creditDigest(one);
        vm.expectRevert();
        house.redeem(three, IClearingHouse.Proof(signature, branch));
        house.redeem(two, IClearingHouse.Proof(signature, branch));
        branch[0] = creditDigest(two);
        house.redeem(one, IClearingHouse.Proof(signature, branch));
        assertAccount(bob, 50, 0, 50);
        assertAccount(carol, 20, 0, 20);
    }

    function test_AnUnlistedAssetPaysNothing() external {
        fill(100);
        IClearingHouse.Credit memory credit = creditOf(bob, 50, bytes32("debit"));
        credit.asset = address(deployDollar(address(this)));
        (uint256 fromReserve, uint256 fromPool) = house.redeem(credit, proofOf(CREDIT_KEY, credit));
        vm.assertEq(fromReserve + fromPool, 0, "paid");
    }

    /// @dev A replaced key draws on the reserve alone, until its notice period ends.
    function test_AReplacedCreditKeyDrawsOnReservesAlone() external {
        setAside(bob, 30);
        fill(100);
        replaceCreditKey(NEW_CREDIT_KEY);
        vm.warp(START + NOTICE - 1);
        (uint256 fromReserve, uint256 fromPool) = redeem(CREDIT_KEY, 20);
        vm.assertEq(fromReserve, 20, "from reserve");
        (fromReserve, fromPool) = redeem(CREDIT_KEY, 50);
        vm.assertEq(fromReserve, 10, "the rest of the reserve");
        vm.assertEq(fromPool, 0, "not from the pool");
        vm.warp(START + NOTICE);
        IClearingHouse.Credit memory credit = creditOf(bob, 50, bytes32("debit"));
        IClearingHouse.Proof memory proof = proofOf(CREDIT_KEY, credit);
        vm.expectRevert(
            abi.encodeWithSelector(
                IClearingHouse.ClearingHouse_WrongCreditKey.selector, vm.addr(NEW_CREDIT_KEY), vm.addr(CREDIT_KEY)
            )
        );
        house.redeem(credit, proof);
        (fromReserve, fromPool) = redeem(NEW_CREDIT_KEY, 50);
        vm.assertEq(fromPool, 20, "signed again with the new key");
    }

    // ------------------------------------------------------------------ fuzz

    function testFuzz_CollectAndRedeem(uint96 balance, uint80 debit, uint80 credit, uint96 reserve, uint96 pool) external {
        balance = uint96(within(balance, 1, 1 << 80));
        reserve = uint96(within(reserve, 1, 1 << 94));
        pool = uint96(within(pool, 1, 1 << 94));
        give(alice, balance);
        setAside(bob, reserve);
        fill(pool);
        uint256 moved = collect(debit);
        vm.assertEq(moved, debit < balance ? debit : balance, "collected");
        (uint256 fromReserve, uint256 fromPool) = redeem(CREDIT_KEY, credit);
        uint256 due = credit;
        vm.assertEq(fromReserve, due < reserve ? due : reserve, "from reserve");
        due -= fromReserve;
        vm.assertEq(fromPool, due < pool + moved ? due : pool + moved, "from pool");
        assertAccount(alice, balance - moved, moved, 0);
        assertAccount(bob, fromReserve + fromPool, 0, fromReserve + fromPool);
        uint256 sum = uint256(balanceOf(alice)) + balanceOf(bob) + house.reserveOf(asset, bob) + house.poolOf(asset);
        vm.assertEq(sum, dollar.balanceOf(address(house)), "I1");
    }
}
