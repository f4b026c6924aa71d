// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {P256} from "@openzeppelin/contracts/utils/cryptography/P256.sol";
import {Signature} from "../../../contracts/lib/Signature.sol";
import {Cheats} from "../support/Cheats.sol";

contract SignatureTest is Cheats {
    uint256 private constant SECP256K1_N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;
    bytes32 private constant DIGEST = keccak256("a message");

    function recover(bytes32 digest, bytes calldata signature) external view returns (address) {
        return Signature.recover(digest, signature);
    }

    function testFuzz_RecoversAllForms(uint256 key, bytes32 digest) external view {
        key = within(key, 1, SECP256K1_N - 1);
        vm.assertEq(this.recover(digest, sign64(key, digest)), vm.addr(key), "64 bytes");
        vm.assertEq(this.recover(digest, sign65(key, digest)), vm.addr(key), "65 bytes");
        uint256 p256Key = within(key, 1, P256.N - 1);
        vm.assertEq(this.recover(digest, sign128(p256Key, digest)), addrP256(p256Key), "128 bytes");
    }

    /// @dev A second form of the same signature, which some signers make.
    function testFuzz_AcceptsHighS(uint256 key, bytes32 digest) external view {
        key = within(key, 1, SECP256K1_N - 1);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        bytes memory high = abi.encodePacked(r, bytes32(SECP256K1_N - uint256(s)), v == 27 ? uint8(28) : uint8(27));
        vm.assertEq(this.recover(digest, high), vm.addr(key), "secp256k1");

        uint256 p256Key = within(key, 1, P256.N - 1);
        (bytes32 pr, bytes32 ps) = vm.signP256(p256Key, digest);
        (uint256 x, uint256 y) = vm.publicKeyP256(p256Key);
        high = abi.encodePacked(pr, bytes32(P256.N - uint256(ps)), x, y);
        vm.assertEq(this.recover(digest, high), addrP256(p256Key), "P-256");
    }

    function testFuzz_AnotherDigestIsAnotherSigner(uint256 key, bytes32 digest) external view {
        key = within(key, 1, SECP256K1_N - 1);
        vm.assume(digest != DIGEST);
        vm.assertTrue(this.recover(digest, sign64(key, DIGEST)) != vm.addr(key), "secp256k1");
        vm.assertEq(this.recover(digest, sign128(key % (P256.N - 1) + 1, DIGEST)), address(0), "P-256");
    }

    /// @dev Made with OpenSSL through Node's crypto, not with the test runner; its s is high.
    function test_P256FromAnotherImplementation() external view {
        bytes memory signature = abi.encodePacked(
            bytes32(0x8fb195574e40f0a28d2f3403da524cb3bd243b5f5fc1c95e0eab2d532cff9588),
            bytes32(0xa29b44d03a344463fcbc9d5e6adb4197bb1c2264d05a18f57a311f5fed9fd866),
            bytes32(0xe85af03ec05fb46180adecc8876d3b0fb9efb96619463990f09cef415ea5e1f0),
            bytes32(0x8698746b551c943d9aba04d284e875883c3099c4fbdfd09dcdfee0fe7651e013)
        );
        vm.assertEq(this.recover(sha256("a message"), signature), 0x3A3A6dadCDcC02ce7fE72330572c7E69Aaefaf67, "signer");
    }

    function test_NobodySigned() external view {
        bytes memory good = sign65(1, DIGEST);
        vm.assertEq(this.recover(DIGEST, ""), address(0), "empty");
        for (uint256 length = 1; length <= 130; ++length) {
            if (length == 64 || length == 65 || length == 128) continue;
            vm.assertEq(this.recover(DIGEST, new bytes(length)), address(0), "a length that is none");
        }
        vm.assertEq(this.recover(DIGEST, new bytes(64)), address(0), "64 zeros");
        vm.assertEq(this.recover(DIGEST, new bytes(65)), address(0), "65 zeros");
        vm.assertEq(this.recover(DIGEST, new bytes(128)), address(0), "128 zeros");
        good[64] = bytes1(uint8(29));
        vm.assertEq(this.recover(DIGEST, good), address(0), "v = 29");
        good[64] = bytes1(uint8(0));
        vm.assertEq(this.recover(DIGEST, good), address(0), "v = 0");
    }

    function test_P256RefusesWhatIsNoSignature() external view {
        (bytes32 r, bytes32 s) = vm.signP256(7, DIGEST);
        (uint256 x, uint256 y) = vm.publicKeyP256(7);
        vm.assertEq(this.recover(DIGEST, abi.encodePacked(r, s, x, y)), addrP256(7), "good");
        vm.assertEq(this.recover(DIGEST, abi.encodePacked(r, s, x, y + 1)), address(0), "key off the curve");
        vm.assertEq(this.recover(DIGEST, abi.encodePacked(r, bytes32(0), x, y)), address(0), "s = 0");
        vm.assertEq(this.recover(DIGEST, abi.encodePacked(r, bytes32(P256.N), x, y)), address(0), "s = n");
        vm.assertEq(this.recover(DIGEST, abi.encodePacked(bytes32(0), s, x, y)), address(0), "r = 0");
        (uint256 x2, uint256 y2) = vm.publicKeyP256(8);
        vm.assertEq(this.recover(DIGEST, abi.encodePacked(r, s, x2, y2)), address(0), "somebody else's key");
    }
}
