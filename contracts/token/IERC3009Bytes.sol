// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title IERC3009Bytes: ERC-3009 with signatures as bytes
/// @notice The second form that stablecoins offer beside (v, r, s), for signers that are contracts. Same messages, same nonces.
interface IERC3009Bytes {
    function transferWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes calldata signature
    ) external;

    function receiveWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes calldata signature
    ) external;

    function cancelAuthorization(address authorizer, bytes32 nonce, bytes calldata signature) external;
}
