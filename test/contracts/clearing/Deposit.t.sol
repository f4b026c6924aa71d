// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {AuthorizedToken} from "../../../contracts/token/AuthorizedToken.sol";
import {IClearingHouse} from "../../../contracts/clearing/IClearingHouse.sol";
import {ClearingSupport} from "../support/ClearingSupport.sol";
import {BatchBuilder} from "../support/BatchBuilder.sol";
import {OddToken, SilentToken, Wallet} from "../support/Tokens.sol";

contract DepositTest is ClearingSupport {
    OddToken private odd;

    function setUp() external {
        setUpClearing();
        odd = new OddToken(6);
        vm.prank(cold);
        house.listAsset(address(odd));
        odd.mint(address(this), 1_000);
        odd.approve(address(house), type(uint256).max);
    }

    // -------------------------------------------------------------- deposit

    function test_DepositCreditsTheAccountAndNamesTheSender() external {
        dollar.mint(bob, 100);
        vm.startPrank(bob);
        dollar.approve(address(house), 100);
        vm.expectEmit(address(house));
        emit IClearingHouse.Deposited(asset, alice, bob, 100);
        house.deposit(asset, alice, address(0), 100);
        vm.stopPrank();
        assertAccount(alice, 100, 0, 0);
        vm.assertEq(dollar.balanceOf(address(house)), 100, "tokens");
    }

    function test_DepositKeepsTotals() external {
        give(alice, 100);
        fill(50);
        bytes32 history = bytes32("h");
        bytes memory entry = BatchBuilder.both(sign64(ALICE, debitDigest(asset, 30, history)), 30, 1, history, 20, 1);
        settle(bytes.concat(BatchBuilder.empty(), BatchBuilder.section(asset, 0, 1, 1, 0, 1, 0, entry)));
        assertAccount(alice, 90, 30, 20);
        give(alice, 5);
        assertAccount(alice, 95, 30, 20);
    }

    function test_DepositFailsWhereTheOwnerIsAnother() external {
        bind(ALICE, alice, fleet);
        vm.expectRevert(abi.encodeWithSelector(IClearingHouse.ClearingHouse_WrongOwner.selector, address(0), fleet));
        house.deposit(asset, alice, address(0), 1);
        vm.expectRevert(abi.encodeWithSelector(IClearingHouse.ClearingHouse_WrongOwner.selector, bob, fleet));
        house.deposit(asset, alice, bob, 1);
        vm.expectRevert(abi.encodeWithSelector(IClearingHouse.ClearingHouse_WrongOwner.selector, fleet, address(0)));
        house.deposit(asset, bob, fleet, 1);
        dollar.mint(address(this), 1);
        house.deposit(asset, alice, fleet, 1);
        assertAccount(alice, 1, 0, 0);
    }

    function test_DepositRefusals() external {
        vm.expectRevert(abi.encodeWithSelector(IClearingHouse.ClearingHouse_AssetNotListed.selector, bob));
        house.deposit(bob, alice, address(0), 1);
        vm.expectRevert(abi.encodeWithSelector(IClearingHouse.ClearingHouse_ZeroAddress.selector));
        house.deposit(asset, address(0), address(0), 1);
        vm.expectRevert(abi.encodeWithSelector(IClearingHouse.ClearingHouse_ZeroAmount.selector));
        house.deposit(asset, alice, address(0), 0);
    }

    /// @dev An exit can be requested of any asset, and leaves its number in the account's slot.
    function test_AnExitRequestMakesNoAssetListed() external {
        address unlisted = address(new OddToken(6));
        (address listed, bytes memory request) = (asset, "");
        asset = unlisted;
        request = exitRequest(ALICE, alice, carol, 0, FOREVER);
        asset = listed;
        house.requestExit(unlisted, alice, carol, FOREVER, request);
        vm.expectRevert(abi.encodeWithSelector(IClearingHouse.ClearingHouse_AssetNotListed.selector, unlisted));
        house.deposit(unlisted, alice, address(0), 1);
    }

    function test_DepositUpToTheMostABalanceMayBe() external {
        give(alice, 1 << 80);
        dollar.mint(address(this), 1);
        vm.expectRevert(
            abi.encodeWithSelector(IClearingHouse.ClearingHouse_TooMuch.selector, uint256(1) << 80, (uint256(1) << 80) + 1)
        );
        house.deposit(asset, alice, address(0), 1);
        give(bob, 1 << 80);
        assertAccount(alice, 1 << 80, 0, 0);
        assertAccount(bob, 1 << 80, 0, 0);
    }

    function test_AFeeOnTransferIsCreditedNet() external {
        odd.setFee(100);
        house.deposit(address(odd), alice, address(0), 500);
        vm.assertEq(house.accountOf(address(odd), alice).balance, 495, "balance");
        vm.assertEq(odd.balanceOf(address(house)), 495, "tokens");
    }

    function test_ATokenThatDeliversNothingIsRefused() external {
        odd.setFee(10_000);
        vm.expectRevert(
            abi.encodeWithSelector(IClearingHouse.ClearingHouse_NotDelivered.selector, uint256(500), uint256(0))
        );
        house.deposit(address(odd), alice, address(0), 500);
        vm.expectRevert(
            abi.encodeWithSelector(IClearingHouse.ClearingHouse_NotDelivered.selector, uint256(500), uint256(0))
        );
        house.fund(address(odd), 500);
    }

    function test_ATokenThatReturnsNothingIsAccepted() external {
        SilentToken silent = new SilentToken();
        vm.prank(cold);
        house.listAsset(address(silent));
        silent.mint(address(this), 10);
        house.deposit(address(silent), alice, address(0), 10);
        vm.assertEq(house.accountOf(address(silent), alice).balance, 10, "balance");
    }

    /// @dev The token calls back while a deposit of it is measured; what the inner call moves would be counted twice.
    function test_NothingThatMovesTokensCanBeEnteredTwice() external {
        bytes[5] memory inner = [
            abi.encodeCall(house.deposit, (address(odd), bob, address(0), 1)),
            abi.encodeCall(house.fund, (address(odd), 1)),
            abi.encodeCall(
                house.depositWithAuthorization,
                (address(odd), bob, bob, address(0), 1, 0, FOREVER, bytes32(0), new bytes(65))
            ),
            abi.encodeCall(house.draw, (address(odd), bob)),
            abi.encodeCall(house.deposit, (asset, bob, address(0), 1))
        ];
        for (uint256 i = 0; i < inner.length; ++i) {
            odd.setCallback(address(house), inner[i]);
            vm.expectRevert(IClearingHouse.ClearingHouse_Reentered.selector);
            house.deposit(address(odd), alice, address(0), 10);
            vm.expectRevert(IClearingHouse.ClearingHouse_Reentered.selector);
            house.fund(address(odd), 10);
        }
    }

    // --------------------------------------------------- with authorization

    struct Authorization {
        address from;
        address account;
        address owner;
        uint256 amount;
        uint256 validAfter;
        uint256 validBefore;
        bytes32 salt;
    }

    function good() private view returns (Authorization memory) {
        return Authorization(bob, alice, address(0), 100, START - 1, START + 1, bytes32("salt"));
    }

    function authorizationDigest(Authorization memory a) private view returns (bytes32) {
        bytes32 nonce = keccak256(abi.encode(a.account, a.owner, a.salt));
        bytes32 typeHash = keccak256(
            "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
        );
        bytes32 message =
            keccak256(abi.encode(typeHash, a.from, address(house), a.amount, a.validAfter, a.validBefore, nonce));
        return typedDigest(domainOf("Test Dollar", "1", asset), message);
    }

    function submit(Authorization memory a, bytes memory signature) private {
        house.depositWithAuthorization(
            asset, a.from, a.account, a.owner, a.amount, a.validAfter, a.validBefore, a.salt, signature
        );
    }

    function test_AuthorizedDepositByAnybody() external {
        dollar.mint(bob, 200);
        Authorization memory a = good();
        vm.expectEmit(address(house));
        emit IClearingHouse.Deposited(asset, alice, bob, 100);
        vm.prank(carol);
        submit(a, sign65(BOB, authorizationDigest(a)));
        a.salt = bytes32("another");
        submit(a, sign64(BOB, authorizationDigest(a)));
        assertAccount(alice, 200, 0, 0);
        vm.assertEq(dollar.balanceOf(bob), 0, "sender");
    }

    function test_AuthorizedDepositOfAContract() external {
        Authorization memory a = good();
        a.from = address(new Wallet(bob));
        dollar.mint(a.from, 100);
        submit(a, abi.encodePacked(bytes32(0), sign65(BOB, authorizationDigest(a))));
        assertAccount(alice, 100, 0, 0);
    }

    /// @dev Whoever submits it can change nothing that was signed.
    function test_AuthorizedDepositBindsEveryParameter() external {
        dollar.mint(bob, 200);
        bytes memory signature = sign65(BOB, authorizationDigest(good()));
        bind(CAROL, carol, fleet);
        Authorization memory a;
        for (uint256 i = 0; i < 7; ++i) {
            a = good();
            if (i == 0) a.account = fleet;
            if (i == 1) (a.account, a.owner) = (carol, fleet);
            if (i == 2) a.amount = 99;
            if (i == 3) a.validAfter -= 1;
            if (i == 4) a.validBefore += 1;
            if (i == 5) a.salt = bytes32("another");
            if (i == 6) a.from = carol;
            vm.expectRevert(AuthorizedToken.ERC3009InvalidSignature.selector);
            submit(a, signature);
        }
        submit(good(), signature);
        assertAccount(alice, 100, 0, 0);
    }

    function test_AuthorizedDepositOnce() external {
        dollar.mint(bob, 200);
        bytes memory signature = sign65(BOB, authorizationDigest(good()));
        submit(good(), signature);
        vm.expectRevert(
            abi.encodeWithSelector(
                AuthorizedToken.ERC3009UsedAuthorization.selector, bob, house.depositNonce(alice, address(0), bytes32("salt"))
            )
        );
        submit(good(), signature);
    }

    function test_AuthorizedDepositInItsTime() external {
        dollar.mint(bob, 200);
        bytes memory signature = sign65(BOB, authorizationDigest(good()));
        vm.warp(START + 1);
        vm.expectRevert(
            abi.encodeWithSelector(AuthorizedToken.ERC3009InvalidAuthorizationTime.selector, START - 1, START + 1)
        );
        submit(good(), signature);
    }

    /// @dev The clearing house receives what it pulls in: nobody else can use the authorization on the token.
    function test_AnAuthorizationCannotBeUsedBesideTheHouse() external {
        dollar.mint(bob, 100);
        Authorization memory a = good();
        bytes32 nonce = house.depositNonce(a.account, a.owner, a.salt);
        bytes memory signature = sign65(BOB, authorizationDigest(a));
        vm.expectRevert(abi.encodeWithSignature("ERC20InvalidReceiver(address)", address(house)));
        dollar.receiveWithAuthorization(bob, address(house), 100, a.validAfter, a.validBefore, nonce, signature);
    }

    function test_AuthorizedDepositRefusals() external {
        Authorization memory a = good();
        a.account = address(0);
        vm.expectRevert(IClearingHouse.ClearingHouse_ZeroAddress.selector);
        submit(a, "");
        a = good();
        a.amount = 0;
        vm.expectRevert(IClearingHouse.ClearingHouse_ZeroAmount.selector);
        submit(a, "");
        a = good();
        a.owner = fleet;
        vm.expectRevert(abi.encodeWithSelector(IClearingHouse.ClearingHouse_WrongOwner.selector, fleet, address(0)));
        submit(a, "");
        vm.expectRevert(abi.encodeWithSelector(IClearingHouse.ClearingHouse_AssetNotListed.selector, bob));
        house.depositWithAuthorization(bob, bob, alice, address(0), 1, 0, 0, 0, "");
    }

    function test_ATokenMustDeliverWhatWasSigned() external {
        odd.mint(bob, 100);
        odd.setShortBy(1);
        vm.expectRevert(
            abi.encodeWithSelector(IClearingHouse.ClearingHouse_NotDelivered.selector, uint256(100), uint256(99))
        );
        house.depositWithAuthorization(address(odd), bob, alice, address(0), 100, 0, FOREVER, 0, new bytes(65));
    }

    function testFuzz_DepositNonce(address account, address owner, bytes32 salt) external view {
        vm.assertEq(
            house.depositNonce(account, owner, salt), keccak256(abi.encode(account, owner, salt)), "nonce"
        );
    }

    // ------------------------------------------------------------ arithmetic

    function testFuzz_DepositsAddUp(uint96[8] calldata amounts, uint8[8] calldata who) external {
        uint256[2] memory sums;
        for (uint256 i = 0; i < amounts.length; ++i) {
            uint256 amount = within(amounts[i], 1, 1 << 77);
            give(who[i] % 2 == 0 ? alice : bob, amount);
            sums[who[i] % 2] += amount;
        }
        vm.assertEq(balanceOf(alice), sums[0], "alice");
        vm.assertEq(balanceOf(bob), sums[1], "bob");
        vm.assertEq(dollar.balanceOf(address(house)), sums[0] + sums[1], "I1: tokens");
    }
}
