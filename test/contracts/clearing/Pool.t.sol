// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IClearingHouse} from "../../../contracts/clearing/IClearingHouse.sol";
import {ClearingSupport} from "../support/ClearingSupport.sol";
import {OddToken} from "../support/Tokens.sol";

/// @title The operator's pool, and the reserves that come out of it
contract PoolTest is ClearingSupport {
    function setUp() external {
        setUpClearing();
    }

    // ------------------------------------------------------------ fund, drain

    function test_AnybodyFundsThePool() external {
        dollar.mint(carol, 70);
        vm.startPrank(carol);
        dollar.approve(address(house), 70);
        vm.expectEmit(address(house));
        emit IClearingHouse.Funded(asset, carol, 70);
        house.fund(asset, 70);
        vm.stopPrank();
        vm.assertEq(house.poolOf(asset), 70, "pool");
    }

    function test_FundingIsMeasured() external {
        OddToken odd = new OddToken(6);
        odd.setFee(1_000);
        odd.mint(address(this), 100);
        odd.approve(address(house), 100);
        vm.prank(cold);
        house.listAsset(address(odd));
        house.fund(address(odd), 100);
        vm.assertEq(house.poolOf(address(odd)), 90, "pool");
    }

    function test_FundRefusals() external {
        vm.expectRevert(abi.encodeWithSelector(IClearingHouse.ClearingHouse_AssetNotListed.selector, bob));
        house.fund(bob, 1);
        vm.expectRevert(IClearingHouse.ClearingHouse_ZeroAmount.selector);
        house.fund(asset, 0);
        uint256 most = 1 << 95;
        dollar.mint(address(this), most + 1);
        vm.expectRevert(abi.encodeWithSelector(IClearingHouse.ClearingHouse_TooMuch.selector, most, most + 1));
        house.fund(asset, most + 1);
        house.fund(asset, most);
    }

    function test_TheColdKeyDrainsThePool() external {
        fill(100);
        vm.expectEmit(address(house));
        emit IClearingHouse.Drained(asset, carol, 60);
        vm.prank(cold);
        house.drain(asset, carol, 60);
        vm.assertEq(house.poolOf(asset), 40, "pool");
        vm.assertEq(dollar.balanceOf(carol), 60, "receiver");
    }

    /// @dev Draining takes what is the operator's, and not a unit of what is its members'.
    function test_DrainTakesNobodysMoney() external {
        give(alice, 1_000);
        setAside(bob, 1_000);
        fill(10);
        vm.prank(cold);
        vm.expectRevert(
            abi.encodeWithSelector(IClearingHouse.ClearingHouse_InsufficientPool.selector, uint256(10), uint256(11))
        );
        house.drain(asset, carol, 11);
    }

    function test_DrainRefusals() external {
        fill(10);
        vm.prank(operator);
        vm.expectRevert(abi.encodeWithSelector(IClearingHouse.ClearingHouse_NotColdKey.selector, cold, operator));
        house.drain(asset, carol, 1);
        vm.startPrank(cold);
        vm.expectRevert(IClearingHouse.ClearingHouse_ZeroAmount.selector);
        house.drain(asset, carol, 0);
        vm.expectRevert(IClearingHouse.ClearingHouse_ZeroAddress.selector);
        house.drain(asset, address(0), 1);
        vm.expectRevert(
            abi.encodeWithSelector(IClearingHouse.ClearingHouse_InsufficientPool.selector, uint256(0), uint256(1))
        );
        house.drain(bob, carol, 1);
    }

    // --------------------------------------------------------------- reserves

    function test_AReserveComesOutOfThePool() external {
        fill(100);
        vm.prank(operator);
        vm.expectEmit(address(house));
        emit IClearingHouse.Reserved(asset, bob, 60, 60);
        house.reserve(asset, bob, 60);
        vm.prank(operator);
        vm.expectEmit(address(house));
        emit IClearingHouse.Reserved(asset, bob, 10, 70);
        house.reserve(asset, bob, 10);
        vm.assertEq(house.reserveOf(asset, bob), 70, "reserve");
        vm.assertEq(house.poolOf(asset), 30, "pool");
    }

    function test_ReserveRefusals() external {
        fill(10);
        vm.expectRevert(
            abi.encodeWithSelector(IClearingHouse.ClearingHouse_NotSettlementKey.selector, operator, address(this))
        );
        house.reserve(asset, bob, 1);
        vm.startPrank(operator);
        vm.expectRevert(
            abi.encodeWithSelector(IClearingHouse.ClearingHouse_InsufficientPool.selector, uint256(10), uint256(11))
        );
        house.reserve(asset, bob, 11);
        vm.expectRevert(IClearingHouse.ClearingHouse_ZeroAmount.selector);
        house.reserve(asset, bob, 0);
        vm.expectRevert(IClearingHouse.ClearingHouse_ZeroAddress.selector);
        house.reserve(asset, address(0), 1);
    }

    function announce(uint256 amount) private {
        vm.prank(operator);
        house.release(asset, bob, amount);
    }

    function test_AReleaseComesBackAfterTheNoticePeriod() external {
        setAside(bob, 100);
        vm.expectEmit(address(house));
        emit IClearingHouse.ReleaseAnnounced(asset, bob, 60, START + NOTICE);
        announce(60);
        (uint256 amount, uint256 endsAt) = house.releaseOf(asset, bob);
        vm.assertEq(amount, 60, "announced");
        vm.assertEq(endsAt, START + NOTICE, "ends at");

        vm.warp(START + NOTICE - 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                IClearingHouse.ClearingHouse_NoticeRunning.selector, START + NOTICE, START + NOTICE - 1
            )
        );
        house.finalizeRelease(asset, bob);
        vm.assertEq(house.reserveOf(asset, bob), 100, "untouched until then");

        vm.warp(START + NOTICE);
        vm.expectEmit(address(house));
        emit IClearingHouse.Released(asset, bob, 60, 40);
        vm.prank(carol);
        vm.assertEq(house.finalizeRelease(asset, bob), 60, "released");
        vm.assertEq(house.reserveOf(asset, bob), 40, "reserve");
        vm.assertEq(house.poolOf(asset), 60, "pool");
        vm.expectRevert(IClearingHouse.ClearingHouse_NoRelease.selector);
        house.finalizeRelease(asset, bob);
    }

    function test_ANewAnnouncementReplacesTheOldAndStartsThePeriodAgain() external {
        setAside(bob, 100);
        announce(60);
        vm.warp(START + NOTICE - 1);
        announce(70);
        vm.warp(START + NOTICE);
        vm.expectRevert(
            abi.encodeWithSelector(
                IClearingHouse.ClearingHouse_NoticeRunning.selector, START + 2 * NOTICE - 1, START + NOTICE
            )
        );
        house.finalizeRelease(asset, bob);
        vm.warp(START + 2 * NOTICE - 1);
        vm.assertEq(house.finalizeRelease(asset, bob), 70, "released");
    }

    function test_AReleaseIsAtMostWhatIsLeft() external {
        setAside(bob, 100);
        announce(60);
        IClearingHouse.Credit memory credit = creditOf(bob, 75, bytes32("debit"));
        house.redeem(credit, proofOf(CREDIT_KEY, credit));
        vm.warp(START + NOTICE);
        vm.assertEq(house.finalizeRelease(asset, bob), 25, "released");
        vm.assertEq(house.reserveOf(asset, bob), 0, "reserve");
    }

    function test_ReleaseRefusals() external {
        setAside(bob, 100);
        vm.expectRevert(
            abi.encodeWithSelector(IClearingHouse.ClearingHouse_NotSettlementKey.selector, operator, address(this))
        );
        house.release(asset, bob, 1);
        vm.startPrank(operator);
        vm.expectRevert(
            abi.encodeWithSelector(IClearingHouse.ClearingHouse_InsufficientReserve.selector, uint256(100), uint256(101))
        );
        house.release(asset, bob, 101);
        vm.expectRevert(IClearingHouse.ClearingHouse_ZeroAmount.selector);
        house.release(asset, bob, 0);
        vm.expectRevert(IClearingHouse.ClearingHouse_NoRelease.selector);
        house.finalizeRelease(asset, carol);
    }

    function testFuzz_ReservesAndReleases(uint96 reserved, uint96 announced, uint80 redeemed) external {
        reserved = uint96(within(reserved, 1, 1 << 95));
        announced = uint96(within(announced, 1, reserved));
        setAside(bob, reserved);
        announce(announced);
        IClearingHouse.Credit memory credit = creditOf(bob, redeemed, bytes32("debit"));
        (uint256 fromReserve,) = house.redeem(credit, proofOf(CREDIT_KEY, credit));
        vm.assertEq(fromReserve, redeemed < reserved ? redeemed : reserved, "announced money still pays");
        uint256 left = reserved - fromReserve;
        vm.warp(START + NOTICE);
        uint256 released = house.finalizeRelease(asset, bob);
        vm.assertEq(released, announced < left ? announced : left, "released");
        vm.assertEq(house.reserveOf(asset, bob), left - released, "reserve");
        vm.assertEq(house.poolOf(asset), released, "pool");
    }
}
