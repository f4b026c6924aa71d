// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IERC3009, IERC3009Cancel} from "@openzeppelin/contracts/interfaces/draft-IERC3009.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {Signature} from "../lib/Signature.sol";
import {IERC3009Bytes} from "./IERC3009Bytes.sol";

/// @title AuthorizedToken: ERC-3009 with both signature forms
/// @notice OpenZeppelin brings (v, r, s) with random nonces, and bytes only together with sequential ones. Payment clients sign
/// random nonces and send either form, so both are here over the same nonces. The errors are OpenZeppelin's by name. Written for what
/// every deposit pays: a nonce is a word and not a bit of one, times are timestamps and nothing else, and a plain signature is
/// recovered once.
abstract contract AuthorizedToken is ERC20, EIP712, IERC3009, IERC3009Cancel, IERC3009Bytes {
    error ERC3009InvalidSignature();
    error ERC3009InvalidAuthorizationTime(uint256 validAfter, uint256 validBefore);
    error ERC3009UsedAuthorization(address authorizer, bytes32 nonce);

    bytes32 private constant TRANSFER_TYPEHASH = keccak256(
        "TransferWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
    );
    bytes32 private constant RECEIVE_TYPEHASH = keccak256(
        "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
    );
    bytes32 private constant CANCEL_TYPEHASH = keccak256("CancelAuthorization(address authorizer,bytes32 nonce)");

    /// @dev secp256k1's order, halved: of the two forms of a signature only the one with the lower s is taken, as in USDC.
    uint256 private constant HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0;
    uint256 private constant USED = 1;

    /// @dev An authorization's place in storage, so that reading and writing it work out where it lies only once.
    struct Cell {
        uint256 state;
    }

    mapping(address authorizer => mapping(bytes32 nonce => Cell)) private _authorizations;

    /// @inheritdoc IERC3009
    function authorizationState(address authorizer, bytes32 nonce) external view returns (bool) {
        return _authorizations[authorizer][nonce].state == USED;
    }

    // ------------------------------------------------------------ (v, r, s)

    /// @inheritdoc IERC3009
    function transferWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external {
        _checkPlain(from, _message(TRANSFER_TYPEHASH, from, to, value, validAfter, validBefore, nonce), v, r, s);
        _transferAuthorized(from, to, value, validAfter, validBefore, nonce);
    }

    /// @inheritdoc IERC3009
    function receiveWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external {
        require(to == msg.sender, ERC20InvalidReceiver(to));
        _checkPlain(from, _message(RECEIVE_TYPEHASH, from, to, value, validAfter, validBefore, nonce), v, r, s);
        _transferAuthorized(from, to, value, validAfter, validBefore, nonce);
    }

    /// @inheritdoc IERC3009Cancel
    function cancelAuthorization(address authorizer, bytes32 nonce, uint8 v, bytes32 r, bytes32 s) external {
        _checkPlain(authorizer, keccak256(abi.encode(CANCEL_TYPEHASH, authorizer, nonce)), v, r, s);
        _cancel(authorizer, nonce);
    }

    // ---------------------------------------------------------------- bytes

    /// @inheritdoc IERC3009Bytes
    function transferWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes calldata signature
    ) external {
        _checkBytes(from, _message(TRANSFER_TYPEHASH, from, to, value, validAfter, validBefore, nonce), signature);
        _transferAuthorized(from, to, value, validAfter, validBefore, nonce);
    }

    /// @inheritdoc IERC3009Bytes
    function receiveWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes calldata signature
    ) external {
        require(to == msg.sender, ERC20InvalidReceiver(to));
        _checkBytes(from, _message(RECEIVE_TYPEHASH, from, to, value, validAfter, validBefore, nonce), signature);
        _transferAuthorized(from, to, value, validAfter, validBefore, nonce);
    }

    /// @inheritdoc IERC3009Bytes
    function cancelAuthorization(address authorizer, bytes32 nonce, bytes calldata signature) external {
        _checkBytes(authorizer, keccak256(abi.encode(CANCEL_TYPEHASH, authorizer, nonce)), signature);
        _cancel(authorizer, nonce);
    }

    // -------------------------------------------------------------- helpers

    function _message(
        bytes32 typeHash,
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce
    ) private pure returns (bytes32) {
        return keccak256(abi.encode(typeHash, from, to, value, validAfter, validBefore, nonce));
    }

    function _checkPlain(address signer, bytes32 message, uint8 v, bytes32 r, bytes32 s) private view {
        require(uint256(s) <= HALF_ORDER, ERC3009InvalidSignature());
        address actual = Signature.recoverSecp256k1(_hashTypedDataV4(message), v, r, s);
        require(actual == signer && actual != address(0), ERC3009InvalidSignature());
    }

    function _checkBytes(address signer, bytes32 message, bytes calldata signature) private view {
        require(
            SignatureChecker.isValidSignatureNowCalldata(signer, _hashTypedDataV4(message), signature),
            ERC3009InvalidSignature()
        );
    }

    function _transferAuthorized(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce
    ) private {
        require(
            block.timestamp > validAfter && block.timestamp < validBefore,
            ERC3009InvalidAuthorizationTime(validAfter, validBefore)
        );
        _use(from, nonce);
        emit AuthorizationUsed(from, nonce);
        _transfer(from, to, value);
    }

    function _cancel(address authorizer, bytes32 nonce) private {
        _use(authorizer, nonce);
        emit AuthorizationCanceled(authorizer, nonce);
    }

    function _use(address authorizer, bytes32 nonce) private {
        Cell storage cell = _authorizations[authorizer][nonce];
        require(cell.state != USED, ERC3009UsedAuthorization(authorizer, nonce));
        cell.state = USED;
    }
}
