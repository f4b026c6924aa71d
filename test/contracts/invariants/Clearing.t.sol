// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IClearingHouse} from "../../../contracts/clearing/IClearingHouse.sol";
import {Cheats} from "../support/Cheats.sol";
import {ClearingHandler} from "./ClearingHandler.sol";

/// @title What always holds of a clearing house, by number
contract ClearingInvariants is Cheats {
    ClearingHandler private handler;
    IClearingHouse private house;
    address private asset;

    function setUp() external {
        handler = new ClearingHandler();
        house = handler.clearingHouse();
        asset = handler.token();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    /// @dev Tokens held = Σ balances + Σ reserves + Σ set apart + pool, and what somebody donated.
    function invariant_I1_TokensCoverEverything() external view {
        vm.assertEq(
            IERC20(asset).balanceOf(address(house)), handler.internalSum() + handler.donated(), "I1: tokens held"
        );
    }

    /// @dev Whatever is settled, collected, redeemed, reserved or released: what is inside is what came in less what went out.
    function invariant_I2_SettlingMovesMoneyAndMakesNone() external view {
        vm.assertEq(handler.internalSum() + handler.totalOut(), handler.totalIn(), "I2: inside");
    }

    /// @dev A balance is what was deposited and credited, less what was debited and what the owner took.
    function invariant_I3_ABalanceFallsByItsSignaturesAlone() external view {
        for (uint256 i = 0; i < handler.MEMBERS(); ++i) {
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
        for (uint256 i = 0; i < handler.MEMBERS(); ++i) {
            IClearingHouse.Account memory account = house.accountOf(asset, handler.members(i));
            vm.assertLe(account.debited, handler.highestSigned(i), "I4: debited above what was signed");
        }
    }

    /// @dev The invariants above would hold of a handler that does nothing. This one does everything.
    function test_TheHandlerReachesEveryAction() external {
        uint256 seed = 1;
        for (uint256 i = 0; i < 1_500; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            act(seed % 18, seed >> 8, seed >> 64, seed >> 128);
        }
        string[18] memory names = [
            "deposit", "fund", "donate", "drain", "pay", "overspend", "settle", "collect", "redeem",
            "reserve", "release", "finalizeRelease", "withdraw", "requestExit", "finalizeExit", "draw",
            "bindOwner", "replaceCreditKey"
        ];
        for (uint256 i = 0; i < names.length; ++i) vm.assertGe(handler.done(names[i]), 5, names[i]);
        vm.assertTrue(house.accountOf(asset, handler.members(0)).debited > 0, "debits were settled");
        vm.assertTrue(house.accountOf(asset, handler.members(3)).debited > 0, "P-256 debits were settled");
        vm.assertTrue(house.accountOf(asset, handler.members(0)).credited > 0, "credits were settled");
    }

    function act(uint256 action, uint256 a, uint256 b, uint256 c) private {
        if (action == 0) handler.deposit(a, b);
        else if (action == 1) handler.fund(a);
        else if (action == 2) handler.donate(a);
        else if (action == 3) handler.drain(a);
        else if (action == 4) handler.pay(a, b, c);
        else if (action == 5) handler.overspend(a, b);
        else if (action == 6) handler.settleSome(a);
        else if (action == 7) handler.collect(a);
        else if (action == 8) handler.redeem(a, b);
        else if (action == 9) handler.reserve(a, b);
        else if (action == 10) handler.release(a, b);
        else if (action == 11) handler.finalizeRelease(a);
        else if (action == 12) handler.withdraw(a, b);
        else if (action == 13) handler.requestExit(a);
        else if (action == 14) handler.finalizeExit(a);
        else if (action == 15) handler.draw(a);
        else if (action == 16) handler.bindOwner(a, b);
        else if (c % 4 == 0) handler.replaceCreditKey(a);
        else handler.pass(b);
    }
}
