// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {P256} from "@openzeppelin/contracts/utils/cryptography/P256.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ClearingHouse} from "../../../contracts/clearing/ClearingHouse.sol";
import {IClearingHouse} from "../../../contracts/clearing/IClearingHouse.sol";
import {BatchBuilder} from "../support/BatchBuilder.sol";
import {ClearingSupport} from "../support/ClearingSupport.sol";
import {FalseToken, OddToken} from "../support/Tokens.sol";

/// @title What attackers try: tokens that lie, messages used twice or elsewhere, numbers at their edge, roles that coincide
contract HostileTest is ClearingSupport {
    bytes32 private constant HISTORY = keccak256("history");
    uint256 private constant N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;
    uint256 private constant MOST = type(uint80).max;

    function setUp() external {
        setUpClearing();
    }

    function list(address token) private {
        vm.prank(cold);
        house.listAsset(token);
    }

    function section(uint16 debits, uint16 boths, uint16 credits, bytes memory entries) private view returns (bytes memory) {
        return bytes.concat(
            BatchBuilder.empty(), BatchBuilder.section(asset, 0, 10, 10, debits, boths, credits, entries)
        );
    }

    function debitEntry(uint256 key, uint256 total) private view returns (bytes memory) {
        return BatchBuilder.debit(sign64(key, debitDigest(asset, total, HISTORY)), total, 10, HISTORY);
    }

    // ------------------------------------------------------------------ tokens

    /// @dev A token that says false has not paid: what was to be sent stays where it was.
    function test_ATokenThatReturnsFalseMovesNothing() external {
        FalseToken liar = new FalseToken();
        list(address(liar));
        liar.mint(address(this), 100);
        house.deposit(address(liar), alice, address(0), 60);
        house.fund(address(liar), 40);
        asset = address(liar);
        startExit(ALICE, alice, carol);
        bytes memory signature = withdrawal(ALICE, alice, bob, 10, 1, FOREVER);
        liar.setHonest(false);

        bytes memory refusal = abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, address(liar));
        vm.expectRevert(refusal);
        house.deposit(address(liar), alice, address(0), 1);
        vm.expectRevert(refusal);
        vm.prank(operator);
        house.withdraw(address(liar), alice, bob, 10, FOREVER, signature);
        vm.expectRevert(refusal);
        vm.prank(cold);
        house.drain(address(liar), carol, 40);
        vm.warp(START + WINDOW);
        house.finalizeExit(address(liar), alice);
        vm.expectRevert(refusal);
        house.draw(address(liar), carol);

        vm.assertEq(house.poolOf(address(liar)), 40, "pool");
        vm.assertEq(house.setApartOf(address(liar), carol), 60, "set apart");
        liar.setHonest(true);
        vm.assertEq(house.draw(address(liar), carol), 60, "drawn when the token pays again");
        vm.assertEq(liar.balanceOf(address(house)), 40, "I1: tokens");
    }

    /// @dev What has no code is no token, and one that loses its code holds up its own holders alone.
    function test_I8_ATokenWithoutCode() external {
        vm.expectRevert();
        list(address(0xC0DE));
        OddToken odd = new OddToken(6);
        list(address(odd));
        odd.mint(address(this), 10);
        odd.approve(address(house), 10);
        house.deposit(address(odd), alice, address(0), 10);
        give(alice, 10);
        vm.etch(address(odd), "");
        vm.expectRevert();
        house.deposit(address(odd), alice, address(0), 1);
        startExit(ALICE, alice, carol);
        address dollars = asset;
        asset = address(odd);
        startExit(ALICE, alice, carol);
        vm.warp(START + WINDOW);
        house.finalizeExit(address(odd), alice);
        vm.expectRevert();
        house.draw(address(odd), carol);
        house.finalizeExit(dollars, alice);
        vm.assertEq(house.draw(dollars, carol), 10, "dollars leave");
        vm.assertEq(house.setApartOf(address(odd), carol), 10, "and the other is still owed");
    }

    /// @dev Money goes out once: what a token calls in the middle of it is refused, and the books are written before.
    function test_NothingIsPaidOutTwiceByCallingBack() external {
        OddToken odd = new OddToken(6);
        list(address(odd));
        odd.mint(address(this), 100);
        odd.approve(address(house), 100);
        house.deposit(address(odd), alice, address(0), 60);
        house.fund(address(odd), 40);
        asset = address(odd);
        startExit(ALICE, alice, carol);
        vm.warp(START + WINDOW);
        house.finalizeExit(asset, alice);
        odd.setCallback(address(house), abi.encodeCall(house.draw, (asset, carol)));
        vm.expectRevert(IClearingHouse.ClearingHouse_Reentered.selector);
        house.draw(asset, carol);
        vm.expectRevert(IClearingHouse.ClearingHouse_Reentered.selector);
        vm.prank(cold);
        house.drain(asset, bob, 40);
        odd.setCallback(address(this), abi.encodeCall(this.seeWhatIsLeft, ()));
        vm.assertEq(house.draw(asset, carol), 60, "drawn");
        vm.assertEq(odd.balanceOf(address(house)), 40, "I1: tokens");
    }

    function test_AWithdrawalIsNotEnteredAgain() external {
        OddToken odd = new OddToken(6);
        list(address(odd));
        odd.mint(address(this), 100);
        odd.approve(address(house), 100);
        house.deposit(address(odd), alice, address(0), 60);
        asset = address(odd);
        bytes memory signature = withdrawal(ALICE, alice, carol, 10, 0, FOREVER);
        odd.setCallback(address(house), abi.encodeCall(house.deposit, (asset, alice, address(0), 1)));
        vm.expectRevert(IClearingHouse.ClearingHouse_Reentered.selector);
        vm.prank(operator);
        house.withdraw(asset, alice, carol, 10, FOREVER, signature);
        vm.assertEq(house.nonceOf(asset, alice), 0, "not used");
    }

    function seeWhatIsLeft() external view {
        vm.assertEq(house.setApartOf(asset, carol), 0, "written before the token is called");
    }

    // ---------------------------------------------------------------- messages

    /// @dev The other form of a signature is the same word, and a word counts once.
    function test_TheOtherFormOfASignatureIsNoSecondOne() external {
        give(alice, 100);
        bytes32 digest = withdrawDigest(alice, bob, 10, 0, FOREVER);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(ALICE, digest);
        bytes memory other = abi.encodePacked(r, bytes32(N - uint256(s)), v == 27 ? uint8(28) : uint8(27));
        vm.prank(operator);
        house.withdraw(asset, alice, bob, 10, FOREVER, other);
        bytes[2] memory again = [other, abi.encodePacked(r, s, v)];
        for (uint256 i = 0; i < 2; ++i) {
            vm.prank(operator);
            (bool done,) =
                address(house).call(abi.encodeCall(house.withdraw, (asset, alice, bob, 10, FOREVER, again[i])));
            vm.assertEq(done, false, "used once");
        }
        assertAccount(alice, 90, 0, 0);
    }

    function test_TheOtherFormOfAP256SignatureIsNoSecondOne() external {
        address robot = addrP256(5);
        give(robot, 100);
        (bytes32 r, bytes32 s) = vm.signP256(5, withdrawDigest(robot, bob, 10, 0, FOREVER));
        (uint256 x, uint256 y) = vm.publicKeyP256(5);
        bytes[2] memory forms =
            [abi.encodePacked(r, s, x, y), abi.encodePacked(r, bytes32(P256.N - uint256(s)), x, y)];
        for (uint256 first = 0; first < 2; ++first) {
            uint256 before = vm.snapshotState();
            vm.prank(operator);
            house.withdraw(asset, robot, bob, 10, FOREVER, forms[first]);
            for (uint256 i = 0; i < 2; ++i) {
                assertRefused(house, abi.encodeCall(house.withdraw, (asset, robot, bob, 10, FOREVER, forms[i])));
            }
            assertAccount(robot, 90, 0, 0);
            vm.revertToState(before);
        }
    }

    /// @dev It is nobody's, by name: a revert of the arithmetic would hold up a batch.
    function test_AP256SignatureOutOfRangeIsNobodys() external {
        address robot = addrP256(5);
        give(robot, 100);
        (bytes32 r,) = vm.signP256(5, withdrawDigest(robot, bob, 10, 0, FOREVER));
        (uint256 x, uint256 y) = vm.publicKeyP256(5);
        uint256[4] memory wrong = [0, P256.N, P256.N + 1, type(uint256).max];
        for (uint256 i = 0; i < 4; ++i) {
            vm.expectRevert(IClearingHouse.ClearingHouse_BadSignature.selector);
            vm.prank(operator);
            house.withdraw(asset, robot, bob, 10, FOREVER, abi.encodePacked(r, wrong[i], x, y));
        }
    }

    /// @dev Bytes behind a good signature make it none, of either curve.
    function test_ASignatureOfAnotherLengthIsNone() external {
        give(alice, 100);
        address robot = addrP256(5);
        give(robot, 100);
        bytes memory compact = withdrawal(ALICE, alice, bob, 10, 0, FOREVER);
        bytes memory p256 = sign128(5, withdrawDigest(robot, bob, 10, 0, FOREVER));
        for (uint256 more = 2; more < 64; more += 20) {
            bytes memory rest = new bytes(more);
            bytes memory signature = bytes.concat(compact, rest);
            assertRefused(house, abi.encodeCall(house.withdraw, (asset, alice, bob, 10, FOREVER, signature)));
            signature = bytes.concat(p256, rest);
            assertRefused(house, abi.encodeCall(house.withdraw, (asset, robot, bob, 10, FOREVER, signature)));
        }
        vm.prank(operator);
        house.withdraw(asset, alice, bob, 10, FOREVER, compact);
        vm.prank(operator);
        house.withdraw(asset, robot, bob, 10, FOREVER, p256);
    }

    /// @dev Every message names the contract and the chain that it is for.
    function test_NoMessageHoldsElsewhere() external {
        ClearingHouse other = deployHouse(asset, operator, vm.addr(CREDIT_KEY), cold, WINDOW, NOTICE);
        give(alice, 100);
        bytes memory exit = exitRequest(ALICE, alice, bob, 0, FOREVER);
        bytes memory out = withdrawal(ALICE, alice, bob, 10, 0, FOREVER);
        bytes memory bound = binding(ALICE, alice, fleet, 0);
        IClearingHouse.Credit memory credit = creditOf(bob, 10, 0);
        IClearingHouse.Proof memory proof = proofOf(CREDIT_KEY, credit);
        dollar.approve(address(other), 100);
        dollar.mint(address(this), 100);
        other.deposit(asset, alice, address(0), 100);

        for (uint256 i = 0; i < 2; ++i) {
            ClearingHouse target = i == 0 ? other : house;
            if (i == 1) vm.chainId(1);
            assertRefused(target, abi.encodeCall(house.requestExit, (asset, alice, bob, FOREVER, exit)));
            assertRefused(target, abi.encodeCall(house.withdraw, (asset, alice, bob, 10, FOREVER, out)));
            assertRefused(target, abi.encodeCall(house.bindOwner, (alice, fleet, bound)));
            assertRefused(target, abi.encodeCall(house.redeem, (credit, proof)));
        }
        vm.chainId(31337);
        house.requestExit(asset, alice, bob, FOREVER, exit);
    }

    function assertRefused(ClearingHouse target, bytes memory data) private {
        vm.prank(operator);
        (bool done,) = address(target).call(data);
        vm.assertEq(done, false, "refused elsewhere");
    }

    /// @dev Calldata that ends early, anywhere, changes nothing: the decoder refuses it, or a signature is nobody's.
    function testFuzz_CalldataThatIsCutOffChangesNothing(uint256 length) external {
        give(alice, 100);
        fill(50);
        bytes memory batch = section(1, 0, 1, bytes.concat(debitEntry(ALICE, 40), BatchBuilder.credit(bob, 10, 10)));
        IClearingHouse.Credit memory credit = creditOf(bob, 40, debitDigest(asset, 40, HISTORY));
        IClearingHouse.Debit memory debit = debitOf(ALICE, 40, HISTORY);
        bytes[3] memory calls = [
            abi.encodeCall(house.settle, (batch)),
            abi.encodeCall(house.collect, (debit, credit, proofOf(CREDIT_KEY, credit))),
            abi.encodeCall(house.redeem, (credit, proofOf(CREDIT_KEY, credit)))
        ];
        for (uint256 i = 0; i < 3; ++i) {
            // Less than the padding of the last word, so that something that counts is missing.
            bytes memory cut = new bytes(within(length, 0, calls[i].length - 33));
            for (uint256 n = 0; n < cut.length; ++n) cut[n] = calls[i][n];
            vm.prank(operator);
            (bool done,) = address(house).call(cut);
            vm.assertEq(done, false, "cut off");
        }
        assertAccount(alice, 100, 0, 0);
        assertAccount(bob, 0, 0, 0);
        vm.assertEq(house.poolOf(asset), 50, "pool");
    }

    // ----------------------------------------------------------------- numbers

    /// @dev As much as a deposit may bring, and then as much as can be earned in a whole life; nothing spills into a neighbour.
    function test_TotalsAtTheEdgeOfTheirWidth() external {
        give(alice, 1 << 80);
        fill(MOST);
        startExit(ALICE, alice, carol);
        settle(section(0, 0, 1, BatchBuilder.credit(alice, MOST, 10)));
        assertAccount(alice, (1 << 80) + MOST, 0, MOST);
        vm.assertEq(house.nonceOf(asset, alice), 1, "count");
        settle(section(1, 0, 0, debitEntry(ALICE, MOST)));
        assertAccount(alice, 1 << 80, MOST, MOST);
        settle(section(0, 1, 0, bytes.concat(debitEntry(ALICE, MOST), BatchBuilder.number(MOST, 10))));
        assertAccount(alice, 1 << 80, MOST, MOST);
        vm.assertEq(house.poolOf(asset), MOST, "pool");
        vm.warp(START + WINDOW);
        vm.assertEq(house.finalizeExit(asset, alice), 1 << 80, "leaves");
        assertAccount(alice, 0, MOST, MOST);
        vm.assertEq(house.nonceOf(asset, alice), 1, "count");
    }

    /// @dev An account with an empty history and a total of 0, however it is sent, moves nothing.
    function test_TotalsOfNothingMoveNothing() external {
        give(alice, 10);
        fill(10);
        bytes memory entry = BatchBuilder.debit(sign64(ALICE, debitDigest(asset, 0, HISTORY)), 0, 10, HISTORY);
        settle(section(1, 1, 1, bytes.concat(entry, entry, BatchBuilder.number(0, 10), BatchBuilder.credit(alice, 0, 10))));
        assertAccount(alice, 10, 0, 0);
        vm.assertEq(house.poolOf(asset), 10, "pool");
    }

    /// @dev What the operator credits to address 0 is lost, and nobody's signature fetches it.
    function test_NobodysSignatureMovesNothing() external {
        fill(10);
        settle(section(0, 0, 1, BatchBuilder.credit(address(0), 10, 10)));
        bytes memory nobody = BatchBuilder.debit(new bytes(64), 5, 10, HISTORY);
        settle(section(1, 0, 0, nobody));
        assertAccount(address(0), 10, 0, 10);
    }

    /// @dev A header that is cut off is not read, whatever the bytes that are there say.
    function test_AHeaderThatIsCutOff() external {
        bytes memory cut = abi.encodePacked(BatchBuilder.empty(), asset, uint8(2));
        vm.expectRevert(
            abi.encodeWithSelector(IClearingHouse.ClearingHouse_BatchMalformed.selector, uint256(29), uint256(22))
        );
        vm.prank(operator);
        house.settle(cut);
    }

    /// @dev A window or a notice of a year, and not a second longer.
    function test_PeriodsAtTheirEdge() external {
        address made = address(deployHouse(asset, operator, vm.addr(CREDIT_KEY), cold, 365 days, 365 days));
        vm.assertTrue(made != address(0), "a year");
        made = address(deployHouse(asset, operator, vm.addr(CREDIT_KEY), cold, 365 days + 1, 1));
        vm.assertEq(made, address(0), "window");
        made = address(deployHouse(asset, operator, vm.addr(CREDIT_KEY), cold, 1, 365 days + 1));
        vm.assertEq(made, address(0), "notice");
    }

    // ------------------------------------------------------------------- roles

    /// @dev One key is payer, payee, settlement key, credit key and cold key. It pays itself, and nobody else pays for it.
    function test_PayerPayeeAndOperatorInOne() external {
        house = deployHouse(asset, alice, alice, alice, WINDOW, NOTICE);
        operator = alice;
        dollar.approve(address(house), type(uint256).max);
        give(alice, 100);
        give(bob, 50);
        bytes memory both = bytes.concat(debitEntry(ALICE, 30), BatchBuilder.number(30, 10));
        settle(section(0, 1, 0, both));
        assertAccount(alice, 100, 30, 30);
        IClearingHouse.Credit memory credit = creditOf(alice, 70, debitDigest(asset, 70, HISTORY));
        IClearingHouse.Proof memory proof = proofOf(ALICE, credit);
        vm.assertEq(house.collect(debitOf(ALICE, 70, HISTORY), credit, proof), 40, "collected from itself");
        (, uint256 fromPool) = house.redeem(credit, proof);
        vm.assertEq(fromPool, 40, "redeemed to itself");
        assertAccount(alice, 100, 70, 70);
        settle(section(0, 0, 1, BatchBuilder.credit(alice, 1_000, 10)));
        assertAccount(alice, 100, 70, 70);
        assertAccount(bob, 50, 0, 0);
        vm.assertEq(house.poolOf(asset), 0, "pool");
    }
}
