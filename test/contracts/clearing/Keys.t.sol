// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ClearingHouse} from "../../../contracts/clearing/ClearingHouse.sol";
import {IClearingHouse} from "../../../contracts/clearing/IClearingHouse.sol";
import {TestDollar} from "../../../contracts/token/TestDollar.sol";
import {ClearingSupport} from "../support/ClearingSupport.sol";
import {OddToken} from "../support/Tokens.sol";

/// @title Construction, assets, keys, and what is only read
contract KeysTest is ClearingSupport {
    function setUp() external {
        setUpClearing();
    }

    // ----------------------------------------------------------- construction

    function test_ConstructionStatesKeysAndPeriods() external {
        vm.expectEmit();
        emit IClearingHouse.KeysReplaced(alice, bob, carol, 0);
        vm.expectEmit();
        emit IClearingHouse.AssetListed(asset);
        ClearingHouse made = deployHouse(asset, alice, bob, carol, 1, 2);
        vm.assertEq(made.settlementKey(), alice, "settlement key");
        vm.assertEq(made.creditKey(), bob, "credit key");
        vm.assertEq(made.coldKey(), carol, "cold key");
        vm.assertEq(made.exitWindowSeconds(), 1, "exit window");
        vm.assertEq(made.noticePeriodSeconds(), 2, "notice period");
        (address key, uint256 until) = made.previousCreditKey();
        vm.assertEq(key, address(0), "no previous key");
        vm.assertEq(until, 0, "no notice");
        vm.assertEq(made.isListed(asset), true, "the first asset");
    }

    function test_ConstructionRefusals() external {
        bytes memory zero = abi.encodeWithSelector(IClearingHouse.ClearingHouse_ZeroAddress.selector);
        for (uint256 i = 0; i < 3; ++i) {
            address[3] memory keys = [alice, bob, carol];
            keys[i] = address(0);
            assertNotDeployed(address(deployHouse(asset, keys[0], keys[1], keys[2], 1, 1)), zero);
        }
        assertNotDeployed(address(deployHouse(address(0), alice, bob, carol, 1, 1)), zero);
        uint256 most = 365 days;
        bytes memory tooMuch = abi.encodeWithSelector(IClearingHouse.ClearingHouse_TooMuch.selector, most, most + 1);
        assertNotDeployed(address(deployHouse(asset, alice, bob, carol, most + 1, 1)), tooMuch);
        assertNotDeployed(address(deployHouse(asset, alice, bob, carol, 1, most + 1)), tooMuch);
        vm.assertTrue(address(deployHouse(asset, alice, bob, carol, most, most)) != address(0), "a year");
        OddToken seven = new OddToken(7);
        assertNotDeployed(
            address(deployHouse(address(seven), alice, bob, carol, 1, 1)),
            abi.encodeWithSelector(IClearingHouse.ClearingHouse_TooManyDecimals.selector, uint8(6), uint8(7))
        );
    }

    // ----------------------------------------------------------------- assets

    function test_ListingAnAsset() external {
        TestDollar other = deployDollar(address(this));
        vm.assertEq(house.isListed(address(other)), false, "before");
        vm.expectEmit(address(house));
        emit IClearingHouse.AssetListed(address(other));
        vm.prank(cold);
        house.listAsset(address(other));
        vm.assertEq(house.isListed(address(other)), true, "after");
    }

    function test_ListRefusals() external {
        TestDollar other = deployDollar(address(this));
        vm.expectRevert(abi.encodeWithSelector(IClearingHouse.ClearingHouse_NotColdKey.selector, cold, address(this)));
        house.listAsset(address(other));
        OddToken seven = new OddToken(7);
        vm.startPrank(cold);
        vm.expectRevert(abi.encodeWithSelector(IClearingHouse.ClearingHouse_AssetListed.selector, asset));
        house.listAsset(asset);
        vm.expectRevert(IClearingHouse.ClearingHouse_ZeroAddress.selector);
        house.listAsset(address(0));
        vm.expectRevert(
            abi.encodeWithSelector(IClearingHouse.ClearingHouse_TooManyDecimals.selector, uint8(6), uint8(7))
        );
        house.listAsset(address(seven));
        vm.expectRevert();
        house.listAsset(alice);
    }

    /// @dev Replacing the settlement key visits every asset, so there is a bound to them.
    function test_AThousandAssetsAtMost() external {
        TestDollar other = deployDollar(address(this));
        vm.assertEq(uint256(vm.load(address(house), bytes32(uint256(7)))), 1, "the list that the guide names");
        vm.store(address(house), bytes32(uint256(7)), bytes32(uint256(1_000)));
        vm.prank(cold);
        vm.expectRevert(
            abi.encodeWithSelector(IClearingHouse.ClearingHouse_TooMuch.selector, uint256(1_000), uint256(1_001))
        );
        house.listAsset(address(other));
    }

    // ------------------------------------------------------------------- keys

    function test_ReplacingKeys() external {
        vm.expectEmit(address(house));
        emit IClearingHouse.KeysReplaced(alice, bob, carol, START + NOTICE);
        vm.prank(cold);
        house.replaceKeys(alice, bob, carol);
        vm.assertEq(house.settlementKey(), alice, "settlement key");
        vm.assertEq(house.creditKey(), bob, "credit key");
        vm.assertEq(house.coldKey(), carol, "cold key");
        (address key, uint256 until) = house.previousCreditKey();
        vm.assertEq(key, vm.addr(CREDIT_KEY), "previous credit key");
        vm.assertEq(until, START + NOTICE, "until");
        vm.prank(cold);
        vm.expectRevert(abi.encodeWithSelector(IClearingHouse.ClearingHouse_NotColdKey.selector, carol, cold));
        house.replaceKeys(alice, bob, carol);
    }

    function test_KeepingTheCreditKeyStartsNoNotice() external {
        vm.prank(cold);
        vm.expectEmit(address(house));
        emit IClearingHouse.KeysReplaced(alice, vm.addr(CREDIT_KEY), cold, 0);
        house.replaceKeys(alice, vm.addr(CREDIT_KEY), cold);
        (address key,) = house.previousCreditKey();
        vm.assertEq(key, address(0), "previous credit key");
        vm.assertEq(house.creditKeyUntil(vm.addr(CREDIT_KEY)), 0, "until");
    }

    function test_EveryReplacedCreditKeyHasItsOwnNotice() external {
        vm.prank(cold);
        house.replaceKeys(operator, alice, cold);
        vm.warp(START + 10);
        vm.prank(cold);
        house.replaceKeys(operator, bob, cold);
        vm.assertEq(house.creditKeyUntil(vm.addr(CREDIT_KEY)), START + NOTICE, "first");
        vm.assertEq(house.creditKeyUntil(alice), START + 10 + NOTICE, "second");
        vm.assertEq(house.creditKeyUntil(bob), 0, "current");
        (address key, uint256 until) = house.previousCreditKey();
        vm.assertEq(key, alice, "the last one replaced");
        vm.assertEq(until, START + 10 + NOTICE, "its notice");
    }

    function test_ReplaceRefusals() external {
        vm.expectRevert(abi.encodeWithSelector(IClearingHouse.ClearingHouse_NotColdKey.selector, cold, address(this)));
        house.replaceKeys(alice, bob, carol);
        vm.startPrank(cold);
        for (uint256 i = 0; i < 3; ++i) {
            vm.expectRevert(IClearingHouse.ClearingHouse_ZeroAddress.selector);
            house.replaceKeys(i == 0 ? address(0) : alice, i == 1 ? address(0) : bob, i == 2 ? address(0) : carol);
        }
    }

    // ------------------------------------------------------------------ views

    function test_TheDomain() external {
        vm.assertEq(house.DOMAIN_SEPARATOR(), domainOf("Sunledger", "1", address(house)), "domain");
        (, string memory name, string memory version, uint256 chainId, address target,,) = house.eip712Domain();
        vm.assertEq(name, "Sunledger", "name");
        vm.assertEq(version, "1", "version");
        vm.assertEq(chainId, block.chainid, "chain id");
        vm.assertEq(target, address(house), "contract");
        vm.chainId(block.chainid + 1);
        vm.assertEq(house.DOMAIN_SEPARATOR(), domainOf("Sunledger", "1", address(house)), "after a fork of the chain");
    }

    function testFuzz_Hashes(address asset_, address account, uint80 total, bytes32 history, bytes32 debit) external view {
        vm.assertEq(house.hashDebit(asset_, total, history), debitDigest(asset_, total, history), "debit");
        IClearingHouse.Credit memory credit = IClearingHouse.Credit(asset_, account, total, history, debit);
        vm.assertEq(house.hashCredit(credit), creditDigest(credit), "credit");
    }

    function test_ManyAccountsInOneCall() external {
        give(alice, 1);
        give(bob, 2);
        address[] memory asked = new address[](3);
        (asked[0], asked[1], asked[2]) = (bob, carol, alice);
        IClearingHouse.Account[] memory accounts = house.accountsOf(asset, asked);
        vm.assertEq(accounts.length, 3, "count");
        vm.assertEq(accounts[0].balance, 2, "bob");
        vm.assertEq(accounts[1].balance, 0, "carol");
        vm.assertEq(accounts[2].balance, 1, "alice");
    }
}
