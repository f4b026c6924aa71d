// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @dev Where in memory a hasher's seven words lie: type hash, asset, total, history, "\x19\x01", domain separator, struct hash.
type DebitHasher is uint256;

using DebitHasherLibrary for DebitHasher global;

/// @title DebitHasher: EIP-712 digests of many debits of one asset
/// @notice A batch hashes hundreds of debits that differ in two words. The other words are laid out once a section.
library DebitHasherLibrary {
    bytes32 internal constant DEBIT_TYPEHASH = keccak256("Debit(address asset,uint80 total,bytes32 history)");

    function prepare(bytes32 domain, address asset) internal pure returns (DebitHasher hasher) {
        bytes32 typeHash = DEBIT_TYPEHASH;
        uint256 assetWord = uint160(asset);
        assembly ("memory-safe") {
            hasher := mload(0x40)
            mstore(0x40, add(hasher, 0xe0))
            mstore(hasher, typeHash)
            mstore(add(hasher, 0x20), assetWord)
            mstore(add(hasher, 0x80), 0x1901)
            mstore(add(hasher, 0xa0), domain)
        }
    }

    /// @dev keccak256("\x19\x01" ‖ domain separator ‖ keccak256(abi.encode(type hash, asset, total, history)))
    function digest(DebitHasher hasher, uint256 total, bytes32 history) internal pure returns (bytes32 result) {
        assembly ("memory-safe") {
            mstore(add(hasher, 0x40), total)
            mstore(add(hasher, 0x60), history)
            mstore(add(hasher, 0xc0), keccak256(hasher, 0x80))
            result := keccak256(add(hasher, 0x9e), 0x42)
        }
    }
}
