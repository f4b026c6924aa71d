// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ClearingHouse} from "../../../contracts/clearing/ClearingHouse.sol";
import {IClearingHouse} from "../../../contracts/clearing/IClearingHouse.sol";
import {TestDollar} from "../../../contracts/token/TestDollar.sol";
import {Cheats} from "./Cheats.sol";

/// @title ClearingSupport: a clearing house with one asset, its keys, and everybody's messages
/// @notice Digests are built here from the type strings alone, so that the contract's own hashing is checked against a second one.
/// The test contract itself is the minter; operator, credit key and cold key are accounts of their own.
abstract contract ClearingSupport is Cheats {
    uint256 internal constant CREDIT_KEY = 0xC4ED17;
    uint256 internal constant ALICE = 0xA11CE;
    uint256 internal constant BOB = 0xB0B;
    uint256 internal constant CAROL = 0xCA401;
    uint256 internal constant FLEET = 0xF1EE7;

    uint256 internal constant WINDOW = 2 days;
    uint256 internal constant NOTICE = 7 days;
    uint256 internal constant START = 1_900_000_000;
    uint64 internal constant FOREVER = type(uint64).max;

    address internal operator = vm.addr(0x0FE7A702);
    address internal cold = vm.addr(0xC01D);
    address internal alice = vm.addr(ALICE);
    address internal bob = vm.addr(BOB);
    address internal carol = vm.addr(CAROL);
    address internal fleet = vm.addr(FLEET);

    ClearingHouse internal house;
    TestDollar internal dollar;
    address internal asset;

    function setUpClearing() internal {
        vm.warp(START);
        dollar = deployDollar(address(this));
        asset = address(dollar);
        house = deployHouse(asset, operator, vm.addr(CREDIT_KEY), cold, WINDOW, NOTICE);
        dollar.approve(address(house), type(uint256).max);
    }

    // ------------------------------------------------------------- money in

    function give(address account, uint256 amount) internal {
        dollar.mint(address(this), amount);
        house.deposit(asset, account, house.ownerOf(account), amount);
    }

    function fill(uint256 amount) internal {
        dollar.mint(address(this), amount);
        house.fund(asset, amount);
    }

    function setAside(address account, uint256 amount) internal {
        fill(amount);
        vm.prank(operator);
        house.reserve(asset, account, amount);
    }

    // ------------------------------------------------------------- messages

    function digestOf(bytes32 structHash) internal view returns (bytes32) {
        return typedDigest(domainOf("Sunledger", "1", address(house)), structHash);
    }

    function debitDigest(address asset_, uint256 total, bytes32 history) internal view returns (bytes32) {
        return digestOf(
            keccak256(abi.encode(keccak256("Debit(address asset,uint80 total,bytes32 history)"), asset_, total, history))
        );
    }

    function debitOf(uint256 key, uint256 total, bytes32 history) internal view returns (IClearingHouse.Debit memory) {
        return IClearingHouse.Debit(asset, uint80(total), history, sign64(key, debitDigest(asset, total, history)));
    }

    function creditDigest(IClearingHouse.Credit memory credit) internal view returns (bytes32) {
        return digestOf(
            keccak256(
                abi.encode(
                    keccak256("Credit(address asset,address account,uint80 total,bytes32 history,bytes32 debit)"),
                    credit.asset,
                    credit.account,
                    credit.total,
                    credit.history,
                    credit.debit
                )
            )
        );
    }

    function creditOf(address account, uint256 total, bytes32 debit) internal view returns (IClearingHouse.Credit memory) {
        return IClearingHouse.Credit(asset, account, uint80(total), bytes32("credit history"), debit);
    }

    function rootDigest(bytes32 root) internal view returns (bytes32) {
        return digestOf(keccak256(abi.encode(keccak256("Credits(bytes32 root)"), root)));
    }

    /// @dev A credit that is alone under its root: the root is its digest and the branch is empty.
    function proofOf(uint256 key, IClearingHouse.Credit memory credit) internal view returns (IClearingHouse.Proof memory) {
        return IClearingHouse.Proof(sign64(key, rootDigest(creditDigest(credit))), new bytes32[](0));
    }

    function withdrawDigest(address account, address to, uint256 amount, uint256 nonce, uint256 deadline)
        internal
        view
        returns (bytes32)
    {
        bytes32 typeHash =
            keccak256("Withdraw(address asset,address account,address to,uint80 amount,uint64 nonce,uint64 deadline)");
        return digestOf(keccak256(abi.encode(typeHash, asset, account, to, amount, nonce, deadline)));
    }

    function exitDigest(address account, address to, uint256 nonce, uint256 deadline) internal view returns (bytes32) {
        bytes32 typeHash = keccak256("Exit(address asset,address account,address to,uint64 nonce,uint64 deadline)");
        return digestOf(keccak256(abi.encode(typeHash, asset, account, to, nonce, deadline)));
    }

    function ownerDigest(address account, address owner, uint256 nonce) internal view returns (bytes32) {
        bytes32 typeHash = keccak256("Owner(address account,address owner,uint64 nonce)");
        return digestOf(keccak256(abi.encode(typeHash, account, owner, nonce)));
    }

    function withdrawal(uint256 key, address account, address to, uint256 amount, uint256 nonce, uint256 deadline)
        internal
        view
        returns (bytes memory)
    {
        return sign64(key, withdrawDigest(account, to, amount, nonce, deadline));
    }

    function exitRequest(uint256 key, address account, address to, uint256 nonce, uint256 deadline)
        internal
        view
        returns (bytes memory)
    {
        return sign64(key, exitDigest(account, to, nonce, deadline));
    }

    function binding(uint256 key, address account, address owner, uint256 nonce) internal view returns (bytes memory) {
        return sign64(key, ownerDigest(account, owner, nonce));
    }

    // -------------------------------------------------------------- actions

    function settle(bytes memory batch) internal {
        vm.prank(operator);
        house.settle(batch);
    }

    function bind(uint256 key, address account, address owner) internal {
        house.bindOwner(account, owner, binding(key, account, owner, house.ownerNonceOf(account)));
    }

    function startExit(uint256 key, address account, address to) internal {
        house.requestExit(
            asset, account, to, FOREVER, exitRequest(key, account, to, house.nonceOf(asset, account), FOREVER)
        );
    }

    // -------------------------------------------------------------- results

    function assertAccount(address account, uint256 balance, uint256 debited, uint256 credited) internal view {
        IClearingHouse.Account memory actual = house.accountOf(asset, account);
        vm.assertEq(actual.balance, balance, "balance");
        vm.assertEq(actual.debited, debited, "debited");
        vm.assertEq(actual.credited, credited, "credited");
    }

    function balanceOf(address account) internal view returns (uint256) {
        return house.accountOf(asset, account).balance;
    }
}
