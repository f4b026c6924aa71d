// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Vm: the cheat codes in use
/// @notice Hardhat's Solidity test runner answers them at a fixed address. There is no package for this interface that could be
/// installed from npm, and a test reads better beside a list of what it may do.
interface Vm {
    struct Log {
        bytes32[] topics;
        bytes data;
        address emitter;
    }

    // Signatures
    function addr(uint256 privateKey) external pure returns (address);
    function sign(uint256 privateKey, bytes32 digest) external pure returns (uint8 v, bytes32 r, bytes32 s);
    function signCompact(uint256 privateKey, bytes32 digest) external pure returns (bytes32 r, bytes32 vs);
    function signP256(uint256 privateKey, bytes32 digest) external pure returns (bytes32 r, bytes32 s);
    function publicKeyP256(uint256 privateKey) external pure returns (uint256 x, uint256 y);

    // Who calls, and when
    function prank(address sender) external;
    function startPrank(address sender) external;
    function stopPrank() external;
    function warp(uint256 timestamp) external;
    function chainId(uint256 id) external;

    // What must happen
    function expectRevert() external;
    function expectRevert(bytes4 selector) external;
    function expectRevert(bytes calldata data) external;
    function expectEmit() external;
    function expectEmit(address emitter) external;
    function expectEmit(bool topic1, bool topic2, bool topic3, bool data, address emitter) external;
    function recordLogs() external;
    function getRecordedLogs() external returns (Log[] memory);
    function assume(bool condition) external pure;

    // Artifacts and state
    function snapshotState() external returns (uint256 id);
    function revertToState(uint256 id) external returns (bool success);
    function getCode(string calldata artifact) external view returns (bytes memory creationCode);
    function readFile(string calldata path) external view returns (string memory);
    function writeLine(string calldata path, string calldata line) external;
    function toString(uint256 value) external pure returns (string memory);
    function parseJsonUint(string calldata json, string calldata key) external pure returns (uint256);
    function parseJsonAddress(string calldata json, string calldata key) external pure returns (address);
    function parseJsonBytes32(string calldata json, string calldata key) external pure returns (bytes32);
    function parseJsonBool(string calldata json, string calldata key) external pure returns (bool);
    function load(address target, bytes32 slot) external view returns (bytes32);
    function store(address target, bytes32 slot, bytes32 value) external;
    function etch(address target, bytes calldata code) external;

    // Comparisons; the text is shown where they fail
    function assertEq(uint256 actual, uint256 expected, string calldata what) external pure;
    function assertEq(address actual, address expected, string calldata what) external pure;
    function assertEq(bytes32 actual, bytes32 expected, string calldata what) external pure;
    function assertEq(bool actual, bool expected, string calldata what) external pure;
    function assertEq(string calldata actual, string calldata expected, string calldata what) external pure;
    function assertGe(uint256 actual, uint256 least, string calldata what) external pure;
    function assertLe(uint256 actual, uint256 most, string calldata what) external pure;
    function assertTrue(bool condition, string calldata what) external pure;
}
