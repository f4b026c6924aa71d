// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {DebitHasher, DebitHasherLibrary} from "../../../contracts/clearing/DebitHasher.sol";
import {Signature} from "../../../contracts/lib/Signature.sol";
import {Wire} from "../../../contracts/lib/Wire.sol";
import {Cheats} from "../support/Cheats.sol";

/// @title Each piece of assembly beside the plain Solidity that it stands for
contract PlainTest is Cheats {
    function testFuzz_RecoveringIsEcrecover(bytes32 digest, uint8 v, bytes32 r, bytes32 s) external view {
        vm.assertEq(Signature.recoverSecp256k1(digest, v, r, s), ecrecover(digest, v, r, s), "anything");
        v = 27 + v % 2;
        vm.assertEq(Signature.recoverSecp256k1(digest, v, r, s), ecrecover(digest, v, r, s), "a parity that is one");
        bytes32 low = s & bytes32(type(uint256).max >> 1);
        vm.assertEq(
            Signature.recoverCompact(digest, r, s),
            ecrecover(digest, low == s ? 27 : 28, r, low),
            "parity in the top bit of s"
        );
    }

    /// @dev Two of one hasher, so that nothing of the first is left in the second.
    function testFuzz_DebitDigests(bytes32 domain, address asset, uint80[2] calldata totals, bytes32[2] calldata histories)
        external
        pure
    {
        DebitHasher hasher = DebitHasherLibrary.prepare(domain, asset);
        for (uint256 i = 0; i < 2; ++i) {
            bytes32 typeHash = keccak256("Debit(address asset,uint80 total,bytes32 history)");
            bytes32 structHash = keccak256(abi.encode(typeHash, asset, totals[i], histories[i]));
            bytes32 plain = keccak256(abi.encodePacked(hex"1901", domain, structHash));
            vm.assertEq(hasher.digest(totals[i], histories[i]), plain, "digest");
        }
    }

    function number(bytes calldata data, uint256 offset, uint256 width)
        external
        pure
        returns (uint256 assembly_, uint256 plain)
    {
        assembly_ = Wire.number(Wire.start(data) + offset, width);
        for (uint256 i = 0; i < width; ++i) plain = (plain << 8) | uint8(data[offset + i]);
    }

    function testFuzz_NumbersInCalldata(bytes32[3] calldata words, uint256 offset, uint256 width) external view {
        width = within(width, 0, 32);
        offset = within(offset, 0, 96 - width);
        (uint256 assembly_, uint256 plain) = this.number(abi.encodePacked(words), offset, width);
        vm.assertEq(assembly_, plain, "number");
    }
}
