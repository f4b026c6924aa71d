// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IClearingHouse} from "../../../contracts/clearing/IClearingHouse.sol";
import {BatchBuilder} from "../support/BatchBuilder.sol";
import {Cheats} from "../support/Cheats.sol";
import {ClearingHandler} from "./ClearingHandler.sol";

/// @title What always holds of a clearing house, by number
/// @notice The simple ones are compared after every call. I5 to I8 speak of what would happen next: they try it, every so many calls,
/// on a state that is thrown away afterwards.
contract ClearingInvariants is Cheats {
    uint256 private constant EVERY = 16;
    address private constant STRANGER = address(0x57A46E);

    ClearingHandler private handler;
    IClearingHouse private house;
    address private asset;
    uint256 private members;

    function setUp() external {
        handler = new ClearingHandler();
        house = handler.clearingHouse();
        asset = handler.token();
        members = handler.MEMBERS();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    /// @dev The sums of all runs are printed and checked (test/contracts/reach.ts).
    function afterInvariant() external {
        vm.writeLine("reports/reach/clearing.txt", handler.reached());
    }

    // ------------------------------------------------------- after every call

    /// @dev Tokens held = Σ balances + Σ reserves + Σ set apart + pool, and what somebody donated; of an asset that misbehaves at least.
    function invariant_I1_TokensCoverEverything() external view {
        uint256 held = IERC20(asset).balanceOf(address(house));
        vm.assertEq(held, handler.internalSum(asset) + handler.donated(), "I1: tokens held");
        address odd = address(handler.odd());
        vm.assertGe(IERC20(odd).balanceOf(address(house)), handler.internalSum(odd), "I1: of a hostile asset");
    }

    /// @dev Whatever is settled, collected, redeemed, reserved or released: what is inside is what came in less what went out.
    function invariant_I2_SettlingMovesMoneyAndMakesNone() external view {
        vm.assertEq(handler.internalSum(asset) + handler.totalOut(), handler.totalIn(), "I2: inside");
    }

    /// @dev A balance is what was deposited and credited, less what was debited and what the owner took.
    function invariant_I3_ABalanceFallsByItsSignaturesAlone() external view {
        for (uint256 i = 0; i < members; ++i) {
            IClearingHouse.Account memory account = house.accountOf(asset, handler.members(i));
            vm.assertEq(
                uint256(account.balance) + account.debited + handler.takenByOwner(i),
                handler.depositedBy(i) + account.credited,
                "I3: balance"
            );
        }
    }

    function invariant_I4_TotalsOnlyRiseAndNeverAboveWhatWasSigned() external view {
        vm.assertEq(handler.totalsFell(), false, "I4: a total fell");
        for (uint256 i = 0; i < members; ++i) {
            IClearingHouse.Account memory account = house.accountOf(asset, handler.members(i));
            vm.assertLe(account.debited, handler.highestSigned(i), "I4: debited above what was signed");
        }
    }

    /// @dev What a payee wrote down as its own until the notice period is over has been paid to it, or is still there.
    function invariant_I7_WhatAPayeeCountedOnIsThereOrPaid() external view {
        for (uint256 i = 0; i < members; ++i) {
            (uint256 amount, uint256 credited, uint256 until) = handler.promises(i);
            if (block.timestamp >= until) continue;
            uint256 paid = house.accountOf(asset, handler.members(i)).credited - credited;
            vm.assertGe(house.reserveOf(asset, handler.members(i)) + paid, amount, "I7: reserve");
        }
    }

    // ------------------------------------------------------- what would happen

    /// @dev All messages that were ever signed, in two orders, until nothing moves: everybody ends alike.
    function invariant_I5_OrderSplittingAndRepetitionDoNotMatter() external {
        if (handler.steps() % (2 * EVERY) != 0 || handler.debitCount() == 0) return;
        bytes32 forward = endState(handler.steps());
        vm.assertEq(forward, endState(~handler.steps()), "I5: another order");
    }

    /// @dev A call that is undone by failing with its result.
    function endState(uint256 seed) private returns (bytes32) {
        (, bytes memory result) = address(this).call(abi.encodeCall(this.settleEverything, (seed)));
        vm.assertEq(result.length, 32, "I5: settling failed");
        return bytes32(result);
    }

    function settleEverything(uint256 seed) external {
        fill(1 << 90);
        bytes32 last = 0;
        bytes32 now_ = stateHash();
        for (uint256 pass = 0; last != now_; ++pass) {
            useAll(uint256(keccak256(abi.encode(seed, pass))));
            (last, now_) = (now_, stateHash());
        }
        assembly ("memory-safe") {
            mstore(0, now_)
            revert(0, 32)
        }
    }

    /// @dev Each message once, from anywhere onwards with any stride: debits are settled or collected, credits settled or redeemed. At
    /// the end everybody's newest credit is redeemed, because a credit that was never settled is not owed to anybody.
    function useAll(uint256 seed) private {
        uint256 count = handler.debitCount();
        uint256 most = count < 12 ? count : 12;
        for (uint256 n = 0; n < most; ++n) {
            uint256 at = seed % 2 == 0 ? (n + (seed >> 8)) % most : most - 1 - (n + (seed >> 8)) % most;
            (IClearingHouse.Debit memory debit, IClearingHouse.Credit memory credit) =
                handler.messageOf(count - 1 - at);
            bool accepted = credit.account != address(0);
            if (accepted && (seed >> (16 + n)) % 2 == 0) {
                house.collect(debit, credit, handler.proofNow(credit));
            } else {
                settleDebit(debit);
            }
            if (!accepted) continue;
            if ((seed >> (64 + n)) % 2 == 0) house.redeem(credit, handler.proofNow(credit));
            else settleCredit(credit);
        }
    }

    function settleDebit(IClearingHouse.Debit memory debit) private {
        bytes memory entry = BatchBuilder.debit(debit.signature, debit.total, 10, debit.history);
        uint8 flags = debit.signature.length == 128 ? 1 : 0;
        settle(BatchBuilder.section(asset, flags, 10, 10, 1, 0, 0, entry));
    }

    function settleCredit(IClearingHouse.Credit memory credit) private {
        bytes memory entry = BatchBuilder.credit(credit.account, credit.total, 10);
        settle(BatchBuilder.section(asset, 0, 10, 10, 0, 0, 1, entry));
    }

    function settle(bytes memory section) private {
        vm.prank(house.settlementKey());
        house.settle(bytes.concat(BatchBuilder.empty(), section));
    }

    /// @dev Reserves aside: what is paid out of them and what out of the pool depends on the way.
    function stateHash() private view returns (bytes32 hash) {
        for (uint256 i = 0; i < members; ++i) {
            hash = keccak256(abi.encode(hash, house.accountOf(asset, handler.members(i))));
        }
    }

    function fill(uint256 amount) private {
        vm.prank(address(handler));
        IDollar(asset).mint(address(this), amount);
        IDollar(asset).approve(address(house), amount);
        house.fund(asset, amount);
    }

    /// @dev Whoever is leaving: what it owes by its newest accepted debit is collected until the last second, and only the rest leaves.
    function invariant_I6_NoExitEscapesAnAcceptedDebit() external {
        if (handler.steps() % EVERY != 0) return;
        for (uint256 i = 0; i < members; ++i) {
            address member = handler.members(i);
            (, uint256 endsAt) = house.exitOf(asset, member);
            (bool found, uint256 index) = handler.newestAccepted(i);
            if (!found || block.timestamp >= endsAt) continue;
            IClearingHouse.Account memory account = house.accountOf(asset, member);
            (IClearingHouse.Debit memory debit, IClearingHouse.Credit memory credit) = handler.messageOf(index);
            uint256 owes = debit.total > account.debited ? debit.total - account.debited : 0;
            uint256 expected = owes < account.balance ? owes : account.balance;
            vm.warp(endsAt - 1);
            (bool early,) = address(house).call(abi.encodeCall(house.finalizeExit, (asset, member)));
            vm.assertEq(early, false, "I6: the window is whole");
            vm.assertEq(house.collect(debit, credit, handler.proofNow(credit)), expected, "I6: collected");
            vm.warp(endsAt);
            vm.assertEq(house.finalizeExit(asset, member), account.balance - expected, "I6: only the rest leaves");
        }
    }

    /// @dev A credit within what is guaranteed is paid now, signed by the current key, or by any that was replaced and counts.
    function invariant_I7_ACreditWithinTheReserveIsPaid() external {
        if (handler.steps() % EVERY != 0) return;
        uint256[] memory keys = handler.replacedKeys();
        for (uint256 i = 0; i < members; ++i) {
            uint256 amount = handler.guaranteed(i);
            uint256 key = keys[(handler.steps() / EVERY) % keys.length];
            bool counts = vm.addr(key) == house.creditKey() || block.timestamp < house.creditKeyUntil(vm.addr(key));
            uint256 credited = house.accountOf(asset, handler.members(i)).credited;
            if (!counts || amount == 0 || credited + amount > type(uint80).max) continue;
            IClearingHouse.Credit memory credit =
                IClearingHouse.Credit(asset, handler.members(i), uint80(credited + amount), 0, 0);
            (uint256 fromReserve,) = house.redeem(credit, handler.proofWith(key, credit));
            vm.assertEq(fromReserve, amount, "I7: paid from the reserve");
        }
    }

    /// @dev Somebody who has nothing to do with all that pays in, pays, is paid, takes out and leaves, and nobody holds it up.
    function invariant_I8_ABystanderIsNotHeldUp() external {
        if (handler.steps() % EVERY != 0) return;
        (uint256 key, address member) = (0xB157, vm.addr(0xB157));
        vm.prank(address(handler));
        IDollar(asset).mint(address(this), 100);
        IDollar(asset).approve(address(house), 100);
        house.deposit(asset, member, address(0), 100);
        uint256 pool = house.poolOf(asset);
        settleDebit(handler.debitBy(key, 40));
        vm.assertEq(house.poolOf(asset), pool + 40, "I8: its debit is settled");
        settleCredit(IClearingHouse.Credit(asset, member, 10, 0, 0));
        vm.assertEq(house.accountOf(asset, member).balance, 70, "I8: its credit is settled");
        (bytes memory withdrawal, bytes memory exit) = handler.leavingBy(key, 20);
        vm.prank(house.settlementKey());
        house.withdraw(asset, member, STRANGER, 20, type(uint64).max, withdrawal);
        house.requestExit(asset, member, STRANGER, type(uint64).max, exit);
        vm.warp(block.timestamp + house.exitWindowSeconds());
        house.finalizeExit(asset, member);
        vm.assertEq(house.draw(asset, STRANGER), 50, "I8: it leaves with the rest");
        vm.assertEq(IERC20(asset).balanceOf(STRANGER), 70, "I8: tokens");
    }
}

interface IDollar {
    function mint(address to, uint256 amount) external;
    function approve(address spender, uint256 amount) external returns (bool);
}
