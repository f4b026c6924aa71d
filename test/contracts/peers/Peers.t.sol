// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC3009} from "@openzeppelin/contracts/interfaces/draft-IERC3009.sol";
import {Authorizations} from "../../../contracts/peers/Authorizations.sol";
import {PaymentChannels} from "../../../contracts/peers/PaymentChannels.sol";
import {TestDollar} from "../../../contracts/token/TestDollar.sol";
import {Cheats} from "../support/Cheats.sol";

/// @title What clearing is compared with does what it claims to, so that the comparison is with something that works
contract PeersTest is Cheats {
    uint256 private constant ALICE = 0xA11CE;
    address private immutable alice = vm.addr(ALICE);
    address private immutable bob = vm.addr(0xB0B);
    uint256 private constant UNTIL = 2_000_000_000;

    TestDollar private dollar;
    PaymentChannels private channels;

    function setUp() external {
        vm.warp(1_900_000_000);
        dollar = deployDollar(address(this));
        dollar.mint(alice, 1_000);
        channels = PaymentChannels(deploy("PaymentChannels", abi.encode(dollar)));
    }

    function signed(string memory kind, address to, uint256 amount, bytes32 nonce)
        private
        view
        returns (uint8, bytes32, bytes32)
    {
        string memory parameters =
            "(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)";
        bytes32 typeHash = keccak256(bytes(string.concat(kind, "WithAuthorization", parameters)));
        bytes32 message = keccak256(abi.encode(typeHash, alice, to, amount, 0, UNTIL, nonce));
        return vm.sign(ALICE, typedDigest(domainOf("Test Dollar", "1", address(dollar)), message));
    }

    function openWith(uint96 amount, bytes32 salt) private {
        (uint8 v, bytes32 r, bytes32 s) =
            signed("Receive", address(channels), amount, keccak256(abi.encode(bob, salt)));
        channels.open(alice, bob, amount, UNTIL, salt, v, r, s);
    }

    function voucher(uint256 key, uint96 total) private view returns (PaymentChannels.Claim[] memory claims) {
        bytes32 typeHash = keccak256("Voucher(address payer,address payee,uint96 total)");
        bytes32 domain = domainOf("PaymentChannels", "1", address(channels));
        bytes32 digest = typedDigest(domain, keccak256(abi.encode(typeHash, alice, bob, total)));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        claims = new PaymentChannels.Claim[](1);
        claims[0] = PaymentChannels.Claim(alice, bob, total, r, bytes32(uint256(s) | (uint256(v - 27) << 255)));
    }

    function test_AVoucherIsClaimedOnceAndPaidOut() external {
        openWith(300, "first");
        vm.assertEq(dollar.balanceOf(address(channels)), 300, "held");
        channels.claim(voucher(ALICE, 200));
        channels.claim(voucher(ALICE, 200));
        channels.claim(voucher(ALICE, 150));
        vm.assertEq(channels.earned(bob), 200, "earned");
        channels.sweep(bob);
        vm.assertEq(dollar.balanceOf(bob), 200, "paid out");
        vm.assertEq(channels.earned(bob), 0, "nothing left");
    }

    function test_AddingCancelsAClose() external {
        openWith(100, "first");
        vm.prank(alice);
        channels.close(bob);
        openWith(50, "second");
        vm.warp(block.timestamp + 2 hours);
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(PaymentChannels.PaymentChannels_NothingToClose.selector));
        channels.finalizeClose(bob);
        (uint96 deposited,,) = channels.channelOf(alice, bob);
        vm.assertEq(deposited, 150, "deposited");
    }

    function test_APayerGetsItsRestAfterTheWindow() external {
        openWith(300, "first");
        channels.claim(voucher(ALICE, 120));
        vm.prank(alice);
        channels.close(bob);
        uint256 endsAt = block.timestamp + 1 hours;
        vm.prank(alice);
        vm.expectRevert(
            abi.encodeWithSelector(PaymentChannels.PaymentChannels_TooEarly.selector, endsAt, block.timestamp)
        );
        channels.finalizeClose(bob);
        vm.warp(endsAt);
        vm.prank(alice);
        channels.finalizeClose(bob);
        vm.assertEq(dollar.balanceOf(alice), 880, "the rest");
    }

    function test_RefusesAStrangersVoucherAndMoreThanWasDeposited() external {
        openWith(300, "first");
        PaymentChannels.Claim[] memory foreign = voucher(0xB0B, 200);
        vm.expectRevert(abi.encodeWithSelector(PaymentChannels.PaymentChannels_BadSignature.selector));
        channels.claim(foreign);
        PaymentChannels.Claim[] memory tooMuch = voucher(ALICE, 301);
        vm.expectRevert(abi.encodeWithSelector(PaymentChannels.PaymentChannels_MoreThanDeposited.selector, 300, 301));
        channels.claim(tooMuch);
    }

    function test_ABundlePaysAllOrNothing() external {
        Authorizations bundler = Authorizations(deploy("Authorizations", ""));
        Authorizations.Authorization[] memory bundle = new Authorizations.Authorization[](2);
        for (uint256 i; i < 2; ++i) {
            (uint8 v, bytes32 r, bytes32 s) = signed("Transfer", bob, 10 + i, bytes32(i));
            bundle[i] = Authorizations.Authorization(alice, bob, 10 + i, 0, UNTIL, bytes32(i), v, r, s);
        }
        bundler.transfer(IERC3009(address(dollar)), bundle);
        vm.assertEq(dollar.balanceOf(bob), 21, "both");
        vm.expectRevert();
        bundler.transfer(IERC3009(address(dollar)), bundle);
    }
}
