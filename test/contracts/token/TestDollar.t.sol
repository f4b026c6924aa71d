// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AuthorizedToken} from "../../../contracts/token/AuthorizedToken.sol";
import {IERC3009, IERC3009Cancel} from "@openzeppelin/contracts/interfaces/draft-IERC3009.sol";
import {TestDollar} from "../../../contracts/token/TestDollar.sol";
import {Cheats} from "../support/Cheats.sol";
import {Wallet} from "../support/Tokens.sol";

/// @title The local stablecoin: what standard payment clients expect of it
contract TestDollarTest is Cheats {
    uint256 private constant ALICE = 0xA11CE;
    address private immutable alice = vm.addr(ALICE);
    address private immutable bob = vm.addr(0xB0B);
    bytes32 private constant NONCE = keccak256("a random nonce");
    string private constant PARAMETERS =
        "(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)";

    TestDollar private dollar;

    function setUp() external {
        vm.warp(1_900_000_000);
        dollar = deployDollar(address(this));
        dollar.mint(alice, 1_000);
    }

    function digest(bytes memory message) private view returns (bytes32) {
        return typedDigest(domainOf("Test Dollar", "1", address(dollar)), keccak256(message));
    }

    function authorization(string memory kind, address from, address to) private view returns (bytes32) {
        bytes32 typeHash = keccak256(bytes(string.concat(kind, "WithAuthorization", PARAMETERS)));
        return digest(abi.encode(typeHash, from, to, 100, 0, 2_000_000_000, NONCE));
    }

    function test_WhatItIs() external view {
        vm.assertEq(dollar.name(), "Test Dollar", "name");
        vm.assertEq(dollar.symbol(), "tUSD", "symbol");
        vm.assertEq(dollar.decimals(), 6, "decimals");
        vm.assertEq(dollar.minter(), address(this), "minter");
        vm.assertEq(dollar.DOMAIN_SEPARATOR(), domainOf("Test Dollar", "1", address(dollar)), "domain");
    }

    function test_OnlyTheMinterMints() external {
        vm.prank(bob);
        vm.expectRevert(abi.encodeWithSelector(TestDollar.TestDollar_NotMinter.selector, address(this), bob));
        dollar.mint(bob, 1);
    }

    function test_Permit() external {
        bytes32 typeHash =
            keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(ALICE, digest(abi.encode(typeHash, alice, bob, 70, 0, 2_000_000_000)));
        dollar.permit(alice, bob, 70, 2_000_000_000, v, r, s);
        vm.assertEq(dollar.allowance(alice, bob), 70, "allowance");
    }

    function test_TransferWithAuthorizationInBothForms() external {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(ALICE, authorization("Transfer", alice, bob));
        vm.expectEmit(address(dollar));
        emit IERC3009.AuthorizationUsed(alice, NONCE);
        dollar.transferWithAuthorization(alice, bob, 100, 0, 2_000_000_000, NONCE, v, r, s);
        vm.assertEq(dollar.balanceOf(bob), 100, "received");
        vm.assertTrue(dollar.authorizationState(alice, NONCE), "used");
        bytes memory signature = sign65(ALICE, authorization("Transfer", alice, bob));
        vm.expectRevert(abi.encodeWithSelector(AuthorizedToken.ERC3009UsedAuthorization.selector, alice, NONCE));
        dollar.transferWithAuthorization(alice, bob, 100, 0, 2_000_000_000, NONCE, signature);
        bytes32 typeHash = keccak256(bytes(string.concat("TransferWithAuthorization", PARAMETERS)));
        signature = sign65(ALICE, digest(abi.encode(typeHash, alice, bob, 100, 0, 2_000_000_000, bytes32("other"))));
        dollar.transferWithAuthorization(alice, bob, 100, 0, 2_000_000_000, bytes32("other"), signature);
        vm.assertEq(dollar.balanceOf(bob), 200, "received");
    }

    function test_ReceiveWithAuthorizationByTheReceiverAlone() external {
        bytes memory signature = sign65(ALICE, authorization("Receive", alice, bob));
        vm.expectRevert(abi.encodeWithSignature("ERC20InvalidReceiver(address)", bob));
        dollar.receiveWithAuthorization(alice, bob, 100, 0, 2_000_000_000, NONCE, signature);
        vm.startPrank(bob);
        vm.expectRevert(AuthorizedToken.ERC3009InvalidSignature.selector);
        dollar.receiveWithAuthorization(alice, bob, 101, 0, 2_000_000_000, NONCE, signature);
        dollar.receiveWithAuthorization(alice, bob, 100, 0, 2_000_000_000, NONCE, signature);
        vm.assertEq(dollar.balanceOf(bob), 100, "received");
    }

    function test_ReceiveWithAuthorizationInTheOtherForm() external {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(ALICE, authorization("Receive", alice, bob));
        vm.expectRevert(abi.encodeWithSignature("ERC20InvalidReceiver(address)", bob));
        dollar.receiveWithAuthorization(alice, bob, 100, 0, 2_000_000_000, NONCE, v, r, s);
        vm.startPrank(bob);
        vm.expectRevert(AuthorizedToken.ERC3009InvalidSignature.selector);
        dollar.receiveWithAuthorization(alice, bob, 101, 0, 2_000_000_000, NONCE, v, r, s);
        dollar.receiveWithAuthorization(alice, bob, 100, 0, 2_000_000_000, NONCE, v, r, s);
        vm.assertEq(dollar.balanceOf(bob), 100, "received");
    }

    function test_CancelAuthorization() external {
        bytes32 typeHash = keccak256("CancelAuthorization(address authorizer,bytes32 nonce)");
        bytes memory signature = sign65(ALICE, digest(abi.encode(typeHash, alice, NONCE)));
        vm.expectRevert(AuthorizedToken.ERC3009InvalidSignature.selector);
        dollar.cancelAuthorization(bob, NONCE, signature);
        vm.expectEmit(address(dollar));
        emit IERC3009Cancel.AuthorizationCanceled(alice, NONCE);
        dollar.cancelAuthorization(alice, NONCE, signature);
        signature = sign65(ALICE, authorization("Transfer", alice, bob));
        vm.expectRevert(abi.encodeWithSelector(AuthorizedToken.ERC3009UsedAuthorization.selector, alice, NONCE));
        dollar.transferWithAuthorization(alice, bob, 100, 0, 2_000_000_000, NONCE, signature);
    }

    function test_CancelAuthorizationInTheOtherForm() external {
        bytes32 nonce = bytes32("cancelled");
        bytes32 typeHash = keccak256("CancelAuthorization(address authorizer,bytes32 nonce)");
        address holder = vm.addr(0xA11CE);
        bytes32 cancelled = typedDigest(
            domainOf("Test Dollar", "1", address(dollar)), keccak256(abi.encode(typeHash, holder, nonce))
        );
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(0xA11CE, cancelled);
        vm.expectRevert(AuthorizedToken.ERC3009InvalidSignature.selector);
        dollar.cancelAuthorization(bob, nonce, v, r, s);
        dollar.cancelAuthorization(holder, nonce, v, r, s);
        vm.assertTrue(dollar.authorizationState(holder, nonce), "used up");
        (bool done,) = address(dollar).call(
            abi.encodeWithSignature(
                "cancelAuthorization(address,bytes32,uint8,bytes32,bytes32)", holder, nonce, v, r, s
            )
        );
        vm.assertEq(done, false, "once");
    }

    function test_AContractSignsInBytes() external {
        address wallet = address(new Wallet(alice));
        dollar.mint(wallet, 100);
        bytes memory signature = abi.encodePacked(bytes32(0), sign65(ALICE, authorization("Transfer", wallet, bob)));
        dollar.transferWithAuthorization(wallet, bob, 100, 0, 2_000_000_000, NONCE, signature);
        vm.assertEq(dollar.balanceOf(bob), 100, "received");
    }

    /// @dev A signature has a second form, with a high s; as in USDC it is none, in either way of giving it.
    function test_AHighSIsNoSignature() external {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(ALICE, authorization("Transfer", alice, bob));
        v = v == 27 ? 28 : 27;
        s = bytes32(0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141 - uint256(s));
        vm.expectRevert(AuthorizedToken.ERC3009InvalidSignature.selector);
        dollar.transferWithAuthorization(alice, bob, 100, 0, 2_000_000_000, NONCE, v, r, s);
        vm.expectRevert(AuthorizedToken.ERC3009InvalidSignature.selector);
        dollar.transferWithAuthorization(alice, bob, 100, 0, 2_000_000_000, NONCE, abi.encodePacked(r, s, v));
    }

    function test_NobodyAuthorizesForNobody() external {
        vm.expectRevert(AuthorizedToken.ERC3009InvalidSignature.selector);
        dollar.transferWithAuthorization(address(0), bob, 0, 0, 2_000_000_000, NONCE, 27, bytes32(0), bytes32(0));
    }

    function test_NobodyElseAuthorizes() external {
        bytes memory signature = sign65(0xB0B, authorization("Transfer", alice, bob));
        vm.expectRevert(AuthorizedToken.ERC3009InvalidSignature.selector);
        dollar.transferWithAuthorization(alice, bob, 100, 0, 2_000_000_000, NONCE, signature);
        signature = sign65(ALICE, authorization("Transfer", alice, bob));
        vm.expectRevert(AuthorizedToken.ERC3009InvalidSignature.selector);
        dollar.transferWithAuthorization(alice, bob, 101, 0, 2_000_000_000, NONCE, signature);
        vm.warp(2_000_000_000);
        vm.expectRevert(
            abi.encodeWithSelector(AuthorizedToken.ERC3009InvalidAuthorizationTime.selector, uint256(0), uint256(2_000_000_000))
        );
        dollar.transferWithAuthorization(alice, bob, 100, 0, 2_000_000_000, NONCE, signature);
    }
}
