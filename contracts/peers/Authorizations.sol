// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC3009} from "@openzeppelin/contracts/interfaces/draft-IERC3009.sol";

/// @title Authorizations: many ERC-3009 payments in one transaction
/// @notice What a facilitator does that bundles what payers have signed. It holds nothing and is no part of the clearing house:
/// `sunledger cost` executes it, so that clearing is compared with the best that bundling can do. All or nothing, as Multicall3's
/// `aggregate`: a used authorization reverts the whole bundle.
contract Authorizations {
    struct Authorization {
        address from;
        address to;
        uint256 value;
        uint256 validAfter;
        uint256 validBefore;
        bytes32 nonce;
        uint8 v;
        bytes32 r;
        bytes32 s;
    }

    function transfer(IERC3009 token, Authorization[] calldata authorizations) external {
        for (uint256 i; i < authorizations.length; ++i) {
            Authorization calldata a = authorizations[i];
            token.transferWithAuthorization(a.from, a.to, a.value, a.validAfter, a.validBefore, a.nonce, a.v, a.r, a.s);
        }
    }
}
