// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ClearingHouse} from "../../../contracts/clearing/ClearingHouse.sol";
import {TestDollar} from "../../../contracts/token/TestDollar.sol";
import {Vm} from "./Vm.sol";

/// @title Cheats: what every test and every handler starts from
abstract contract Cheats {
    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    /// @dev Folds a fuzzed number into a range, both ends included.
    function within(uint256 value, uint256 least, uint256 most) internal pure returns (uint256) {
        return least + value % (most - least + 1);
    }

    /// @dev Deploys a contract as it is compiled for the chain, which is not how tests are compiled.
    function deploy(string memory name, bytes memory arguments) internal returns (address made) {
        bytes memory code = bytes.concat(vm.getCode(string.concat(name, ".sol:", name)), arguments);
        assembly ("memory-safe") {
            made := create(0, add(code, 0x20), mload(code))
        }
    }

    /// @dev That the deployment before this call came to nothing, and why: `vm.expectRevert` overlooks creations in assembly.
    function assertNotDeployed(address made, bytes memory expected) internal pure {
        bytes memory reason;
        assembly ("memory-safe") {
            reason := mload(0x40)
            mstore(reason, returndatasize())
            returndatacopy(add(reason, 0x20), 0, returndatasize())
            mstore(0x40, and(add(add(reason, 0x3f), returndatasize()), not(0x1f)))
        }
        vm.assertEq(made, address(0), "not deployed");
        vm.assertEq(keccak256(reason), keccak256(expected), "what it was refused for");
    }

    function deployDollar(address minter) internal returns (TestDollar) {
        return TestDollar(deploy("TestDollar", abi.encode(minter)));
    }

    function deployHouse(
        address asset,
        address settlementKey,
        address creditKey,
        address coldKey,
        uint256 exitWindowSeconds,
        uint256 noticePeriodSeconds
    ) internal returns (ClearingHouse) {
        return ClearingHouse(
            deploy(
                "ClearingHouse",
                abi.encode(asset, settlementKey, creditKey, coldKey, exitWindowSeconds, noticePeriodSeconds)
            )
        );
    }

    function sign64(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (bytes32 r, bytes32 vs) = vm.signCompact(key, digest);
        return abi.encodePacked(r, vs);
    }

    function sign65(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    function sign128(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (bytes32 r, bytes32 s) = vm.signP256(key, digest);
        (uint256 x, uint256 y) = vm.publicKeyP256(key);
        return abi.encodePacked(r, s, x, y);
    }

    function addrP256(uint256 key) internal pure returns (address) {
        (uint256 x, uint256 y) = vm.publicKeyP256(key);
        return address(uint160(uint256(keccak256(abi.encode(x, y)))));
    }

    function typedDigest(bytes32 domain, bytes32 structHash) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", domain, structHash));
    }

    function domainOf(string memory name, string memory version, address target) internal view returns (bytes32) {
        return keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256(bytes(name)),
                keccak256(bytes(version)),
                block.chainid,
                target
            )
        );
    }
}
