// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {P256} from "@openzeppelin/contracts/utils/cryptography/P256.sol";
import {Wire} from "./Wire.sol";

/// @title Signature: who signed a digest
/// @notice Returns the signer's address, or 0 where nobody signed; it never reverts, so that one bad signature cannot spoil a
/// batch. Callers refuse signer 0. A high `s` is accepted on both curves: nothing here or in the callers is keyed by the bytes of a
/// signature, so a second form of one signature opens nothing, and secure elements do not normalise `s`.
library Signature {
    /// @dev 64 bytes: secp256k1, EIP-2098 compact. 65: secp256k1 as r, s, v. 128: P-256 as r, s, x, y. Any other length: 0.
    function recover(bytes32 digest, bytes calldata signature) internal view returns (address) {
        unchecked {
            uint256 start = Wire.start(signature);
            if (signature.length == 64) return recoverCompact(digest, Wire.word(start), Wire.word(start + 32));
            if (signature.length == 65) {
                return recoverSecp256k1(digest, Wire.number(start + 64, 1), Wire.word(start), Wire.word(start + 32));
            }
            if (signature.length == 128) {
                return recoverP256(digest, Wire.word(start), Wire.word(start + 32), Wire.word(start + 64), Wire.word(start + 96));
            }
            return address(0);
        }
    }

    /// @dev EIP-2098: the parity of y in the top bit of s.
    function recoverCompact(bytes32 digest, bytes32 r, bytes32 vs) internal view returns (address) {
        unchecked {
            return recoverSecp256k1(digest, (uint256(vs) >> 255) + 27, r, bytes32((uint256(vs) << 1) >> 1));
        }
    }

    /// @dev The precompile returns nothing for what is no signature; the scratch word then still holds 0. Its arguments lie above
    /// the free memory pointer and are not kept.
    function recoverSecp256k1(bytes32 digest, uint256 v, bytes32 r, bytes32 s) internal view returns (address signer) {
        assembly ("memory-safe") {
            let input := mload(0x40)
            mstore(input, digest)
            mstore(add(input, 0x20), v)
            mstore(add(input, 0x40), r)
            mstore(add(input, 0x60), s)
            mstore(0x00, 0)
            pop(staticcall(gas(), 1, input, 0x80, 0x00, 0x20))
            signer := mload(0x00)
        }
    }

    /// @dev The low 160 bits of keccak256(x, y), the rule that makes secp256k1 addresses too. P256.verify refuses a high s, so it
    /// is turned to the low one first, which is a signature of the same key; s = 0 or s >= n stays what it is: none.
    function recoverP256(bytes32 digest, bytes32 r, bytes32 s, bytes32 x, bytes32 y) internal view returns (address) {
        if (uint256(s) > P256.N / 2 && uint256(s) < P256.N) s = bytes32(P256.N - uint256(s));
        return P256.verify(digest, r, s, x, y) ? address(uint160(uint256(keccak256(abi.encode(x, y))))) : address(0);
    }
}
