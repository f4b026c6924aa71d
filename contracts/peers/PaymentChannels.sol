// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC3009} from "@openzeppelin/contracts/interfaces/draft-IERC3009.sol";
import {IERC20} from "@openzeppelin/contracts/interfaces/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

/// @title PaymentChannels: one deposit and one rising voucher for each pair
/// @notice The way of x402's batch-settlement and of MPP's sessions, as small as it can honestly be: `sunledger cost` executes it,
/// so that clearing is compared with channels that run on the same chain. It is no part of the clearing house.
///
/// A payer opens a channel to one payee with an ERC-3009 authorization; a voucher signs all it has ever paid in that channel; claims
/// of many channels travel in one transaction and collect in the payee's account, which `sweep` pays out. A payer that wants its
/// rest back announces it and waits, so that the payee can claim before. A channel is one slot, a payee another.
///
/// It stands on what the peers leave out, in their favour: no fees, no receiver hooks, no several operators.
contract PaymentChannels is EIP712 {
    using SafeERC20 for IERC20;

    struct Channel {
        uint96 deposited;
        uint96 claimed;
        uint64 closesAt;
    }

    /// @param vs EIP-2098: the parity of y in the top bit of s
    struct Claim {
        address payer;
        address payee;
        uint96 total;
        bytes32 r;
        bytes32 vs;
    }

    error PaymentChannels_BadSignature();
    error PaymentChannels_MoreThanDeposited(uint256 most, uint256 actual);
    error PaymentChannels_TooEarly(uint256 endsAt, uint256 now_);
    error PaymentChannels_NothingToClose();

    event Opened(address indexed payer, address indexed payee, uint256 amount);
    event Claimed(address indexed payer, address indexed payee, uint256 total);
    event Swept(address indexed payee, uint256 amount);
    event Closing(address indexed payer, address indexed payee, uint256 endsAt);
    event Closed(address indexed payer, address indexed payee, uint256 amount);

    bytes32 private constant VOUCHER = keccak256("Voucher(address payer,address payee,uint96 total)");
    uint64 public constant WINDOW = 1 hours;

    IERC20 public immutable token;
    mapping(address payer => mapping(address payee => Channel)) public channelOf;
    mapping(address payee => uint256) public earned;

    constructor(IERC20 token_) EIP712("PaymentChannels", "1") {
        token = token_;
    }

    /// @notice Opens a channel or adds to it, with what the payer signed. The nonce binds the payee, so nobody can send the money
    /// into another channel. Cancels a close.
    function open(
        address payer,
        address payee,
        uint96 amount,
        uint256 validBefore,
        bytes32 salt,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external {
        Channel storage channel = channelOf[payer][payee];
        channel.deposited += amount;
        if (channel.closesAt != 0) channel.closesAt = 0;
        bytes32 nonce = keccak256(abi.encode(payee, salt));
        IERC3009(address(token)).receiveWithAuthorization(payer, address(this), amount, 0, validBefore, nonce, v, r, s);
        emit Opened(payer, payee, amount);
    }

    /// @notice By anyone: settles vouchers of any channels. A total that is not higher moves nothing, so being first makes no batch
    /// fail; a wrong signature or a total beyond the deposit does.
    function claim(Claim[] calldata claims) external {
        for (uint256 i; i < claims.length; ++i) {
            Claim calldata c = claims[i];
            bytes32 digest = _hashTypedDataV4(keccak256(abi.encode(VOUCHER, c.payer, c.payee, c.total)));
            (address signer,,) = ECDSA.tryRecover(digest, c.r, c.vs);
            require(signer == c.payer && signer != address(0), PaymentChannels_BadSignature());
            Channel storage channel = channelOf[c.payer][c.payee];
            Channel memory held = channel;
            if (c.total <= held.claimed) continue;
            require(c.total <= held.deposited, PaymentChannels_MoreThanDeposited(held.deposited, c.total));
            channel.claimed = c.total;
            earned[c.payee] += c.total - held.claimed;
            emit Claimed(c.payer, c.payee, c.total);
        }
    }

    /// @notice By anyone: pays a payee what has been claimed for it.
    function sweep(address payee) external {
        uint256 amount = earned[payee];
        earned[payee] = 0;
        token.safeTransfer(payee, amount);
        emit Swept(payee, amount);
    }

    /// @notice By the payer: after the window it may take back what was not claimed.
    function close(address payee) external {
        uint64 endsAt = uint64(block.timestamp) + WINDOW;
        channelOf[msg.sender][payee].closesAt = endsAt;
        emit Closing(msg.sender, payee, endsAt);
    }

    /// @notice By the payer, after the window.
    function finalizeClose(address payee) external {
        Channel storage channel = channelOf[msg.sender][payee];
        uint64 endsAt = channel.closesAt;
        require(endsAt != 0, PaymentChannels_NothingToClose());
        require(block.timestamp >= endsAt, PaymentChannels_TooEarly(endsAt, block.timestamp));
        uint96 amount = channel.deposited - channel.claimed;
        channel.deposited = channel.claimed;
        channel.closesAt = 0;
        token.safeTransfer(msg.sender, amount);
        emit Closed(msg.sender, payee, amount);
    }
}
