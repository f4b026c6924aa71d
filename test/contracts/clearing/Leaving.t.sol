// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IClearingHouse} from "../../../contracts/clearing/IClearingHouse.sol";
import {TestDollar} from "../../../contracts/token/TestDollar.sol";
import {ClearingSupport} from "../support/ClearingSupport.sol";
import {Wallet} from "../support/Tokens.sol";

/// @title Withdrawals, exits, and the owner to whom both belong
contract LeavingTest is ClearingSupport {
    function setUp() external {
        setUpClearing();
        give(alice, 100);
    }

    function withdraw(uint256 key, address to, uint80 amount) private {
        bytes memory signature = withdrawal(key, alice, to, amount, house.nonceOf(asset, alice), FOREVER);
        vm.prank(operator);
        house.withdraw(asset, alice, to, amount, FOREVER, signature);
    }

    function expectWrongSigner(address expected, address actual) private {
        vm.expectRevert(abi.encodeWithSelector(IClearingHouse.ClearingHouse_WrongSigner.selector, expected, actual));
    }

    // ------------------------------------------------------------ withdrawals

    function test_AWithdrawalPaysOut() external {
        bytes memory signature = withdrawal(ALICE, alice, carol, 30, 0, START);
        vm.expectEmit(address(house));
        emit IClearingHouse.Withdrawn(asset, alice, carol, 30, 0);
        vm.prank(operator);
        house.withdraw(asset, alice, carol, 30, uint64(START), signature);
        assertAccount(alice, 70, 0, 0);
        vm.assertEq(dollar.balanceOf(carol), 30, "receiver");
        vm.assertEq(house.nonceOf(asset, alice), 1, "nonce");
    }

    function test_AWithdrawalMayTakeEverything() external {
        withdraw(ALICE, carol, 100);
        assertAccount(alice, 0, 0, 0);
        vm.assertEq(dollar.balanceOf(carol), 100, "receiver");
    }

    function test_AWithdrawalOnce() external {
        bytes memory signature = withdrawal(ALICE, alice, carol, 30, 0, FOREVER);
        vm.startPrank(operator);
        house.withdraw(asset, alice, carol, 30, FOREVER, signature);
        vm.expectRevert();
        house.withdraw(asset, alice, carol, 30, FOREVER, signature);
        assertAccount(alice, 70, 0, 0);
    }

    function test_EachPartOfAWithdrawalIsSigned() external {
        TestDollar other = deployDollar(address(this));
        bytes memory signature = withdrawal(ALICE, alice, carol, 30, 0, FOREVER);
        vm.startPrank(operator);
        vm.expectRevert();
        house.withdraw(address(other), alice, carol, 30, FOREVER, signature);
        vm.expectRevert();
        house.withdraw(asset, bob, carol, 30, FOREVER, signature);
        vm.expectRevert();
        house.withdraw(asset, alice, bob, 30, FOREVER, signature);
        vm.expectRevert();
        house.withdraw(asset, alice, carol, 31, FOREVER, signature);
        vm.expectRevert();
        house.withdraw(asset, alice, carol, 30, FOREVER - 1, signature);
        house.withdraw(asset, alice, carol, 30, FOREVER, signature);
    }

    function test_WithdrawRefusals() external {
        bytes memory signature = withdrawal(ALICE, alice, carol, 101, 0, START);
        vm.expectRevert(
            abi.encodeWithSelector(IClearingHouse.ClearingHouse_NotSettlementKey.selector, operator, address(this))
        );
        house.withdraw(asset, alice, carol, 101, uint64(START), signature);
        vm.startPrank(operator);
        vm.expectRevert(
            abi.encodeWithSelector(
                IClearingHouse.ClearingHouse_InsufficientBalance.selector, uint256(100), uint256(101)
            )
        );
        house.withdraw(asset, alice, carol, 101, uint64(START), signature);
        vm.expectRevert(IClearingHouse.ClearingHouse_ZeroAddress.selector);
        house.withdraw(asset, alice, address(0), 1, uint64(START), signature);
        vm.expectRevert(IClearingHouse.ClearingHouse_ZeroAmount.selector);
        house.withdraw(asset, alice, carol, 0, uint64(START), signature);
        vm.expectRevert(IClearingHouse.ClearingHouse_BadSignature.selector);
        house.withdraw(asset, alice, carol, 1, uint64(START), new bytes(64));
        signature = withdrawal(BOB, alice, carol, 1, 0, START);
        expectWrongSigner(alice, bob);
        house.withdraw(asset, alice, carol, 1, uint64(START), signature);
        vm.warp(START + 1);
        vm.expectRevert(
            abi.encodeWithSelector(IClearingHouse.ClearingHouse_Expired.selector, START, START + 1)
        );
        house.withdraw(asset, alice, carol, 1, uint64(START), signature);
    }

    /// @dev Account 0 is what a signature of nobody recovers to; whatever gets there stays there.
    function test_NobodyWithdrawsFromNobodysAccount() external {
        fill(10);
        bytes memory entry = abi.encodePacked(address(0), uint8(10));
        settle(abi.encodePacked(uint8(1), asset, uint8(0), uint8(1), uint16(0), uint16(0), uint16(1), entry));
        vm.assertEq(balanceOf(address(0)), 10, "credited by the operator");
        vm.startPrank(operator);
        vm.expectRevert(IClearingHouse.ClearingHouse_BadSignature.selector);
        house.withdraw(asset, address(0), carol, 10, FOREVER, new bytes(64));
        vm.expectRevert(IClearingHouse.ClearingHouse_BadSignature.selector);
        house.requestExit(asset, address(0), carol, FOREVER, new bytes(65));
        vm.expectRevert(IClearingHouse.ClearingHouse_BadSignature.selector);
        house.bindOwner(address(0), carol, new bytes(128));
    }

    // ------------------------------------------------------------------ exits

    function test_AnExitSetsTheBalanceApartAfterTheWindow() external {
        bytes memory signature = exitRequest(ALICE, alice, carol, 0, START);
        vm.expectEmit(address(house));
        emit IClearingHouse.ExitRequested(asset, alice, carol, 0, START + WINDOW);
        vm.prank(bob);
        house.requestExit(asset, alice, carol, uint64(START), signature);
        (address to, uint256 endsAt) = house.exitOf(asset, alice);
        vm.assertEq(to, carol, "to");
        vm.assertEq(endsAt, START + WINDOW, "ends at");

        vm.warp(START + WINDOW - 1);
        vm.expectRevert(
            abi.encodeWithSelector(IClearingHouse.ClearingHouse_WindowOpen.selector, START + WINDOW, START + WINDOW - 1)
        );
        house.finalizeExit(asset, alice);

        vm.warp(START + WINDOW);
        vm.expectEmit(address(house));
        emit IClearingHouse.ExitFinalized(asset, alice, carol, 100);
        vm.prank(bob);
        vm.assertEq(house.finalizeExit(asset, alice), 100, "amount");
        assertAccount(alice, 0, 0, 0);
        vm.assertEq(house.setApartOf(asset, carol), 100, "set apart");
        (to, endsAt) = house.exitOf(asset, alice);
        vm.assertEq(endsAt, 0, "no longer running");
        vm.assertEq(to, address(0), "to nobody");

        vm.expectEmit(address(house));
        emit IClearingHouse.Drawn(asset, carol, 100);
        vm.prank(bob);
        vm.assertEq(house.draw(asset, carol), 100, "drawn");
        vm.assertEq(dollar.balanceOf(carol), 100, "receiver");
        vm.expectRevert(IClearingHouse.ClearingHouse_NothingSetApart.selector);
        house.draw(asset, carol);
    }

    function test_TheSmallestExitIsDrawn() external {
        give(bob, 1);
        startExit(BOB, bob, carol);
        vm.warp(START + WINDOW);
        vm.assertEq(house.finalizeExit(asset, bob), 1, "amount");
        vm.assertEq(house.draw(asset, carol), 1, "drawn");
    }

    function test_AnExitKeepsTotals() external {
        bytes memory signature = sign64(ALICE, debitDigest(asset, 30, bytes32("h")));
        settle(
            abi.encodePacked(
                uint8(1), asset, uint8(0), uint8(0x10), uint16(1), uint16(0), uint16(0), signature, uint8(30), bytes32("h")
            )
        );
        startExit(ALICE, alice, carol);
        vm.warp(START + WINDOW);
        house.finalizeExit(asset, alice);
        assertAccount(alice, 0, 30, 0);
    }

    function test_SeveralExitsToOneReceiverAddUp() external {
        give(bob, 11);
        startExit(ALICE, alice, carol);
        startExit(BOB, bob, carol);
        vm.warp(START + WINDOW);
        house.finalizeExit(asset, alice);
        house.finalizeExit(asset, bob);
        vm.assertEq(house.draw(asset, carol), 111, "drawn");
    }

    function test_OneExitAtATime() external {
        startExit(ALICE, alice, carol);
        bytes memory signature = exitRequest(ALICE, alice, carol, 1, FOREVER);
        vm.expectRevert(
            abi.encodeWithSelector(IClearingHouse.ClearingHouse_ExitRunning.selector, START + WINDOW)
        );
        house.requestExit(asset, alice, carol, FOREVER, signature);
        vm.warp(START + WINDOW);
        house.finalizeExit(asset, alice);
        house.requestExit(asset, alice, carol, FOREVER, signature);
    }

    function test_ExitRefusals() external {
        bytes memory signature = exitRequest(ALICE, alice, carol, 0, START);
        vm.expectRevert(IClearingHouse.ClearingHouse_ZeroAddress.selector);
        house.requestExit(asset, alice, address(0), uint64(START), signature);
        vm.expectRevert(IClearingHouse.ClearingHouse_BadSignature.selector);
        house.requestExit(asset, alice, carol, uint64(START), "");
        bytes memory bobs = exitRequest(BOB, alice, carol, 0, START);
        expectWrongSigner(alice, bob);
        house.requestExit(asset, alice, carol, uint64(START), bobs);
        vm.expectRevert(IClearingHouse.ClearingHouse_NoExit.selector);
        house.finalizeExit(asset, alice);
        vm.warp(START + 1);
        vm.expectRevert(abi.encodeWithSelector(IClearingHouse.ClearingHouse_Expired.selector, START, START + 1));
        house.requestExit(asset, alice, carol, uint64(START), signature);
    }

    /// @dev One counter numbers both, so a message of either kind is used once and in its turn.
    function test_WithdrawalsAndExitsShareACounter() external {
        bytes memory exit = exitRequest(ALICE, alice, carol, 0, FOREVER);
        withdraw(ALICE, carol, 1);
        vm.expectRevert();
        house.requestExit(asset, alice, carol, FOREVER, exit);
        exit = exitRequest(ALICE, alice, carol, 1, FOREVER);
        house.requestExit(asset, alice, carol, FOREVER, exit);
        vm.assertEq(house.nonceOf(asset, alice), 2, "nonce");
        vm.assertEq(house.nonceOf(bob, alice), 0, "another asset's nonce");
    }

    /// @dev The account's own count has 15 bits; behind it counting goes on, and no number comes twice.
    function test_AFullCountGoesOnElsewhere() external {
        bytes32 account = keccak256(abi.encode(alice, keccak256(abi.encode(asset, uint256(9)))));
        vm.assertEq(uint256(vm.load(address(house), account)), 100, "the slot that the guide names");
        vm.store(address(house), account, bytes32((uint256(32_766) << 81) | 100));
        for (uint64 number = 32_766; number < 32_771; ++number) {
            vm.assertEq(house.nonceOf(asset, alice), number, "nonce");
            vm.expectEmit(address(house));
            emit IClearingHouse.Withdrawn(asset, alice, carol, 1, number);
            withdraw(ALICE, carol, 1);
        }
        assertAccount(alice, 95, 0, 0);
        startExit(ALICE, alice, carol);
        vm.assertEq(house.nonceOf(asset, alice), 32_772, "exit requests count too");
        assertAccount(alice, 95, 0, 0);
    }

    function test_AWithdrawalDuringAnExit() external {
        startExit(ALICE, alice, carol);
        withdraw(ALICE, bob, 40);
        vm.warp(START + WINDOW);
        vm.assertEq(house.finalizeExit(asset, alice), 60, "what is left");
    }

    function test_AnExitTakesWhatCameInMeanwhileToo() external {
        startExit(ALICE, alice, carol);
        give(alice, 5);
        vm.warp(START + WINDOW);
        vm.assertEq(house.finalizeExit(asset, alice), 105, "amount");
    }

    // ----------------------------------------------------------------- owners

    function test_BindingAnOwner() external {
        bytes memory signature = binding(ALICE, alice, fleet, 0);
        vm.expectEmit(address(house));
        emit IClearingHouse.OwnerBound(alice, fleet, 0);
        vm.prank(carol);
        house.bindOwner(alice, fleet, signature);
        vm.assertEq(house.ownerOf(alice), fleet, "owner");
        vm.assertEq(house.ownerNonceOf(alice), 1, "nonce");
    }

    function test_TheOwnerAloneWithdrawsExitsAndBindsAgain() external {
        bind(ALICE, alice, fleet);
        bytes memory signature = withdrawal(ALICE, alice, carol, 1, 0, FOREVER);
        vm.prank(operator);
        expectWrongSigner(fleet, alice);
        house.withdraw(asset, alice, carol, 1, FOREVER, signature);
        signature = exitRequest(ALICE, alice, carol, 0, FOREVER);
        expectWrongSigner(fleet, alice);
        house.requestExit(asset, alice, carol, FOREVER, signature);
        signature = binding(ALICE, alice, bob, 1);
        expectWrongSigner(fleet, alice);
        house.bindOwner(alice, bob, signature);

        withdraw(FLEET, carol, 1);
        startExit(FLEET, alice, carol);
        bind(FLEET, alice, bob);
        vm.assertEq(house.ownerOf(alice), bob, "the next owner");
        withdraw(BOB, carol, 1);
    }

    function test_TheRobotsKeyStillPays() external {
        bind(ALICE, alice, fleet);
        IClearingHouse.Debit memory debit = debitOf(ALICE, 30, bytes32("h"));
        IClearingHouse.Credit memory credit = creditOf(bob, 30, debitDigest(asset, 30, bytes32("h")));
        house.collect(debit, credit, proofOf(CREDIT_KEY, credit));
        assertAccount(alice, 70, 30, 0);
    }

    function test_ABindingOnce() external {
        bytes memory first = binding(ALICE, alice, fleet, 0);
        house.bindOwner(alice, fleet, first);
        bind(FLEET, alice, alice);
        vm.expectRevert();
        house.bindOwner(alice, fleet, first);
        vm.assertEq(house.ownerOf(alice), alice, "owner");
    }

    function test_BindRefusals() external {
        bytes memory signature = binding(BOB, alice, fleet, 0);
        expectWrongSigner(alice, bob);
        house.bindOwner(alice, fleet, signature);
        vm.expectRevert(IClearingHouse.ClearingHouse_BadSignature.selector);
        house.bindOwner(alice, fleet, "");
        signature = binding(ALICE, alice, address(0), 0);
        vm.expectRevert(IClearingHouse.ClearingHouse_ZeroAddress.selector);
        house.bindOwner(alice, address(0), signature);
    }

    /// @dev In every asset, at once.
    function test_BindingCancelsRunningExits() external {
        TestDollar other = deployDollar(address(this));
        vm.prank(cold);
        house.listAsset(address(other));
        other.mint(address(this), 7);
        other.approve(address(house), 7);
        house.deposit(address(other), alice, address(0), 7);
        startExit(ALICE, alice, carol);
        asset = address(other);
        startExit(ALICE, alice, carol);
        bind(ALICE, alice, fleet);
        vm.warp(START + WINDOW);
        vm.expectRevert(IClearingHouse.ClearingHouse_NoExit.selector);
        house.finalizeExit(address(other), alice);
        vm.expectRevert(IClearingHouse.ClearingHouse_NoExit.selector);
        house.finalizeExit(address(dollar), alice);
        (address to, uint256 endsAt) = house.exitOf(address(dollar), alice);
        vm.assertEq(to, address(0), "receiver");
        vm.assertEq(endsAt, 0, "running");
        startExit(FLEET, alice, fleet);
        vm.warp(START + 2 * WINDOW);
        vm.assertEq(house.finalizeExit(address(other), alice), 7, "the owner's own exit");
    }

    function test_AP256OwnerOfAP256Account() external {
        address robot = addrP256(5);
        address owner = addrP256(6);
        give(robot, 100);
        house.bindOwner(robot, owner, sign128(5, ownerDigest(robot, owner, 0)));
        vm.startPrank(operator);
        house.withdraw(asset, robot, carol, 40, FOREVER, sign128(6, withdrawDigest(robot, carol, 40, 0, FOREVER)));
        assertAccount(robot, 60, 0, 0);
    }

    /// @dev Owners are keys. A contract signs nothing that is taken here, however it verifies (ERC-1271), and whether or not it changes
    /// its mind: an account bound to one neither withdraws nor leaves nor binds again. Its own key still pays, and that is the way out.
    function test_AContractThatOwnsAnAccountLocksIt() external {
        Wallet wallet = new Wallet(bob);
        bind(ALICE, alice, address(wallet));
        bytes32[3] memory digests = [
            withdrawDigest(alice, bob, 10, 0, FOREVER),
            exitDigest(alice, bob, 0, FOREVER),
            ownerDigest(alice, bob, 1)
        ];
        for (uint256 i = 0; i < 4; ++i) {
            bytes[3] memory signed;
            for (uint256 n = 0; n < 3; ++n) {
                // As the wallet verifies it, as its owner signs, as the robot signs, and nothing.
                if (i == 0) signed[n] = bytes.concat(bytes32(0), sign65(BOB, digests[n]));
                if (i == 1) signed[n] = sign65(BOB, digests[n]);
                if (i == 2) signed[n] = sign65(ALICE, digests[n]);
            }
            vm.prank(operator);
            vm.expectRevert();
            house.withdraw(asset, alice, bob, 10, FOREVER, signed[0]);
            vm.expectRevert();
            house.requestExit(asset, alice, bob, FOREVER, signed[1]);
            vm.expectRevert();
            house.bindOwner(alice, bob, signed[2]);
        }
        IClearingHouse.Debit memory debit = debitOf(ALICE, 100, bytes32("h"));
        IClearingHouse.Credit memory credit = creditOf(carol, 100, debitDigest(asset, 100, bytes32("h")));
        house.collect(debit, credit, proofOf(CREDIT_KEY, credit));
        house.redeem(credit, proofOf(CREDIT_KEY, credit));
        assertAccount(alice, 0, 100, 0);
        assertAccount(carol, 100, 0, 100);
    }

    // ------------------------------------------------------------------- fuzz

    function testFuzz_WithdrawThenExit(uint96 balance, uint80 amount) external {
        balance = uint96(within(balance, 1, (1 << 80) - 100));
        give(alice, balance);
        uint256 most = uint256(balance) + 100;
        amount = uint80(within(amount, 1, most > type(uint80).max ? type(uint80).max : most));
        withdraw(ALICE, carol, amount);
        startExit(ALICE, alice, bob);
        vm.warp(START + WINDOW);
        vm.assertEq(house.finalizeExit(asset, alice), most - amount, "what is left");
        if (most > amount) house.draw(asset, bob);
        vm.assertEq(dollar.balanceOf(carol), amount, "withdrawn");
        vm.assertEq(dollar.balanceOf(bob), most - amount, "drawn");
        vm.assertEq(dollar.balanceOf(address(house)), 0, "nothing left");
    }
}
