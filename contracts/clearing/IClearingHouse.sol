// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title ClearingHouse: one account a machine, one slot an account
/// @notice The interface is the manual. Amounts are atomic units of the asset (dollars: 0.000001 USD; energy credits: 1 mWh);
/// times are seconds of chain time. Totals only rise for the whole life of an account, so a stale, repeated or reordered
/// message changes nothing.
///
/// What is assumed of an asset: at most 6 decimals, and that it keeps what it holds here (no rebasing downwards). A deposit may
/// raise a balance to 2^80 atomic units, so that no sum here can overflow. What an asset delivers is measured by balance
/// difference, so a fee on transfer is refused or credited net, never invented. An asset may freeze a holder, return nothing or
/// call back: none of that can hold up another account.
///
/// EIP-712 domain: name "Sunledger", version "1", chain id, this contract. Signed messages:
///
///   Debit(address asset,uint80 total,bytes32 history)                                by the account
///   Credit(address asset,address account,uint80 total,bytes32 history,bytes32 debit) a leaf, proven under a root
///   Credits(bytes32 root)                                                            by the credit key
///   Withdraw(address asset,address account,address to,uint80 amount,uint64 nonce,uint64 deadline)  by the account's owner
///   Exit(address asset,address account,address to,uint64 nonce,uint64 deadline)      by the account's owner
///   Owner(address account,address owner,uint64 nonce)    by the account the first time, then by the owner
///
/// A signature is 64 bytes (secp256k1, EIP-2098 compact), 65 bytes (r, s, v) or 128 bytes (P-256: r, s, x, y; the address is the
/// low 160 bits of keccak256(x, y)). Signer 0 is refused everywhere.
interface IClearingHouse {
    // ---------------------------------------------------------------- types

    /// @notice One account in one asset. The three fields share one storage slot.
    /// @param balance   what the account holds, atomic units
    /// @param debited   how much of all it ever paid has been settled; only rises
    /// @param credited  how much of all it ever earned has been settled; only rises
    struct Account {
        uint96 balance;
        uint80 debited;
        uint80 credited;
    }

    /// @notice A payer's signed total: all it has ever paid in `asset`.
    struct Debit {
        address asset;
        uint80 total;
        bytes32 history;
        bytes signature;
    }

    /// @notice A payee's total: all it has ever earned in `asset`. `debit` is the EIP-712 digest of the payer's debit that this
    /// credit passes on.
    struct Credit {
        address asset;
        address account;
        uint80 total;
        bytes32 history;
        bytes32 debit;
    }

    /// @notice Proves a credit: the credit key signed Credits(root), and `branch` leads from the credit's digest to that root by
    /// commutative keccak256 of sorted pairs.
    struct Proof {
        bytes signature;
        bytes32[] branch;
    }

    // --------------------------------------------------------------- errors

    error ClearingHouse_NotColdKey(address expected, address actual);
    error ClearingHouse_NotSettlementKey(address expected, address actual);
    error ClearingHouse_ZeroAddress();
    error ClearingHouse_ZeroAmount();
    error ClearingHouse_AssetNotListed(address asset);
    error ClearingHouse_AssetListed(address asset);
    error ClearingHouse_TooManyDecimals(uint8 most, uint8 actual);
    error ClearingHouse_TooMuch(uint256 most, uint256 actual);
    error ClearingHouse_NotDelivered(uint256 expected, uint256 actual);
    error ClearingHouse_WrongOwner(address expected, address actual);
    error ClearingHouse_WrongSigner(address expected, address actual);
    error ClearingHouse_BadSignature();
    error ClearingHouse_Expired(uint256 deadline, uint256 now_);
    error ClearingHouse_InsufficientBalance(uint256 available, uint256 asked);
    error ClearingHouse_InsufficientPool(uint256 available, uint256 asked);
    error ClearingHouse_InsufficientReserve(uint256 available, uint256 asked);
    error ClearingHouse_DebitNotAccepted(bytes32 expected, bytes32 actual);
    error ClearingHouse_WrongAsset(address expected, address actual);
    error ClearingHouse_WrongCreditKey(address expected, address actual);
    error ClearingHouse_ExitRunning(uint256 endsAt);
    error ClearingHouse_NoExit();
    error ClearingHouse_WindowOpen(uint256 endsAt, uint256 now_);
    error ClearingHouse_NoRelease();
    error ClearingHouse_NoticeRunning(uint256 endsAt, uint256 now_);
    error ClearingHouse_NothingSetApart();
    error ClearingHouse_Reentered();
    error ClearingHouse_BatchVersion(uint8 expected, uint8 actual);
    error ClearingHouse_BatchMalformed(uint256 expectedLength, uint256 actualLength);

    // --------------------------------------------------------------- events

    event AssetListed(address indexed asset);
    event KeysReplaced(address settlementKey, address creditKey, address coldKey, uint256 oldCreditKeyUntil);
    event Deposited(address indexed asset, address indexed account, address indexed from, uint256 amount);
    /// @notice An entry of a batch of deposits moved nothing. `nonce` is the one that its authorization has, and may be used yet.
    event DepositRefused(address indexed asset, address indexed account, address indexed from, bytes32 nonce);
    /// @notice One a section of a batch: what moved in all, and the pool afterwards. Members' new totals stand in the calldata.
    event Settled(address indexed asset, uint256 debited, uint256 credited, uint256 pool);
    event Collected(address indexed asset, address indexed account, uint80 total, bytes32 history, uint256 moved);
    event Redeemed(
        address indexed asset,
        address indexed account,
        uint80 total,
        bytes32 history,
        uint256 fromReserve,
        uint256 fromPool
    );
    event Funded(address indexed asset, address indexed from, uint256 amount);
    event Drained(address indexed asset, address indexed to, uint256 amount);
    event Reserved(address indexed asset, address indexed account, uint256 amount, uint256 reserve);
    event ReleaseAnnounced(address indexed asset, address indexed account, uint256 amount, uint256 endsAt);
    event Released(address indexed asset, address indexed account, uint256 amount, uint256 reserve);
    event Withdrawn(address indexed asset, address indexed account, address indexed to, uint256 amount, uint64 nonce);
    event ExitRequested(address indexed asset, address indexed account, address indexed to, uint64 nonce, uint256 endsAt);
    event ExitFinalized(address indexed asset, address indexed account, address indexed to, uint256 amount);
    event Drawn(address indexed asset, address indexed to, uint256 amount);
    event OwnerBound(address indexed account, address indexed owner, uint64 nonce);

    // ------------------------------------------------------------- deposits

    /// @notice Pays `amount` of the sender's tokens into `account`. `owner` is the owner the sender expects the account to have (0:
    /// none bound); another one fails, so nobody pays into an account that somebody else has bound in the meantime.
    function deposit(address asset, address account, address owner, uint256 amount) external;

    /// @notice The same without native coin for `from`: anybody submits what `from` signed as EIP-3009
    /// ReceiveWithAuthorization(from, this, amount, validAfter, validBefore, depositNonce(…)). A signature of 65 or 64 bytes is
    /// passed on as (v, r, s), which every such token takes; any other, for signers that are contracts, as bytes. The token must
    /// deliver exactly `amount`. A used authorization makes the token's own error pass through.
    function depositWithAuthorization(
        address asset,
        address from,
        address account,
        address owner,
        uint256 amount,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 salt,
        bytes calldata signature
    ) external;

    /// @notice Many authorized deposits of one asset, each judged by itself: one that is refused, by the house or by the token, moves
    /// nothing, says so with an event and holds up no other (I8); it may be sent again. By anyone. All integers are big-endian and
    /// unaligned.
    ///
    ///   batch   := version (1 byte, 1) flags (1) entry*
    ///   flags   := bit 0: everybody pays into its own account, which expects no owner; other bits 0
    ///   entry   := from (20) amount (10) validAfter (5) validBefore (5) salt (32) signature (64) account owner
    ///   account, owner := 20 bytes each; left out where bit 0 says that they are `from` and 0
    ///
    /// The signature is secp256k1's, compact (EIP-2098), over the same message as above. A batch of another version or with other
    /// flags, or one that does not end with an entry, is refused whole; so is one of which the token does not deliver what was
    /// authorized in all, or that raises a balance above 2^80, which takes an asset of which so much exists.
    /// @return deposited the amounts that were taken, in all
    function depositMany(address asset, bytes calldata batch) external returns (uint256 deposited);

    /// @notice The EIP-3009 nonce that binds every parameter of a deposit: keccak256(abi.encode(account, owner, salt)); from, to,
    /// amount and validity stand in the authorization itself, chain and token in its domain.
    function depositNonce(address account, address owner, bytes32 salt) external pure returns (bytes32);

    // ----------------------------------------------------------- settlement

    /// @notice Settles a batch: the settlement key only, whom every section of a listed asset asks for. Nothing that an entry says
    /// makes it revert; only a batch that is not of the format below does. All integers are big-endian and unaligned.
    ///
    ///   batch   := version (1 byte, 1) section*
    ///   section := asset (20) flags (1) widths (1) debits (2) boths (2) credits (2) debit* both* credit*
    ///   flags   := bit 0: signatures are P-256 (r, s, x, y: 128 bytes), else secp256k1 (EIP-2098: 64 bytes); other bits 0
    ///   widths  := bytes of a debit total (high 4 bits) and of a credit total (low 4 bits), each 0 to 10
    ///   debit   := signature, total, history (32)
    ///   both    := signature, debit total, history (32), credit total     (account: the signer)
    ///   credit  := account (20), total
    ///
    /// A debit moves min(total − debited, balance) into the pool. A credit moves total − credited out of it, or nothing where the
    /// pool does not cover it. An entry that is both nets in its slot, its credit counting towards its debit; where the
    /// pool does not cover its credit, only its debit is settled. A total that is not higher moves nothing; an unlisted asset's
    /// section moves nothing. The sender puts net payers first, and gives a member that both paid and earned one entry of both:
    /// with its newest totals, sent again until nothing moves, everything that its members can cover is settled, in whatever order
    /// (I5).
    ///
    /// A signature of nobody moves nothing. A wrong one is the signature of some account without money, and moves no debit; the
    /// credit of a both, however, is the operator's word for whatever account its signature recovers to.
    ///
    /// A pool has room for less than 2^96 units. A section whose debits might not fit, at 2^80 each, moves nothing until the pool is
    /// drained; it takes an asset of which 2^95 units exist, or are claimed to.
    ///
    /// A batch that is cut off, too long, has other flags, widths or counts is refused whole: `expectedLength` is where it should
    /// have ended, as far as it could be read.
    function settle(bytes calldata batch) external;

    /// @notice By anyone: settles a debit that the credit key has accepted, so that payees can fill the pool without the operator.
    /// Only the current credit key's proofs count here.
    function collect(Debit calldata debit, Credit calldata credit, Proof calldata proof) external returns (uint256 moved);

    /// @notice By anyone: pays a credit into its account's balance, from the account's reserve first, then from the pool, as far as
    /// they reach; the rest stays due. A replaced credit key's proofs draw on the reserve alone, until its notice period ends.
    function redeem(Credit calldata credit, Proof calldata proof) external returns (uint256 fromReserve, uint256 fromPool);

    // ------------------------------------------------------ pool, reserves

    /// @notice Adds the sender's tokens to the pool, which may have 2^95 units afterwards. By anyone.
    function fund(address asset, uint256 amount) external;
    /// @notice Takes from the pool. Cold key only.
    function drain(address asset, address to, uint256 amount) external;
    /// @notice Sets pool money aside for one payee. Settlement key only.
    function reserve(address asset, address account, uint256 amount) external;
    /// @notice Announces that `amount` of a reserve comes back to the pool after the notice period; replaces an earlier
    /// announcement and starts the period again. Settlement key only.
    function release(address asset, address account, uint256 amount) external;
    /// @notice After the notice period, by anyone: moves the announced amount, at most what is then left, back to the pool.
    function finalizeRelease(address asset, address account) external returns (uint256 amount);

    // ------------------------------------------------------------- leaving

    /// @notice Pays out, with the owner's signature. Settlement key only: its transaction says that nothing is outstanding.
    function withdraw(address asset, address account, address to, uint80 amount, uint64 deadline, bytes calldata signature)
        external;

    /// @notice Starts the window after which the account's balance leaves without the operator. By anyone with the owner's
    /// signature.
    function requestExit(address asset, address account, address to, uint64 deadline, bytes calldata signature) external;

    /// @notice After the window, by anyone: what is left in the account is set apart for `to` to draw. Until then the exit is
    /// running, however long ago the window ended.
    function finalizeExit(address asset, address account) external returns (uint256 amount);

    /// @notice Sends `to` what is set apart for it. By anyone.
    function draw(address asset, address to) external returns (uint256 amount);

    /// @notice Binds an owner: from then on withdrawals, exits and the next binding are the owner's alone, and the account's key
    /// can only pay. Signed by the account the first time, then by the owner. Cancels running exits of the account. By anyone with
    /// the signature. `owner` may not be 0.
    function bindOwner(address account, address owner, bytes calldata signature) external;

    // ---------------------------------------------------------------- keys

    /// @notice Lists an asset, for good. Cold key only; 1 000 at most. The first one is listed at construction.
    function listAsset(address asset) external;
    /// @notice Replaces the keys. Cold key only. A credit key that is replaced by another keeps its claim on reserves for the
    /// notice period; each replaced key for its own, however often keys are replaced (I7).
    function replaceKeys(address settlementKey, address creditKey, address coldKey) external;

    // --------------------------------------------------------------- views

    function DOMAIN_SEPARATOR() external view returns (bytes32);
    function exitWindowSeconds() external view returns (uint256);
    function noticePeriodSeconds() external view returns (uint256);
    function settlementKey() external view returns (address);
    function creditKey() external view returns (address);
    function coldKey() external view returns (address);
    /// @notice The credit key that was replaced last, and until when its proofs still draw on reserves.
    function previousCreditKey() external view returns (address key, uint256 until);
    /// @notice Until when a replaced credit key's proofs still draw on reserves; 0 for a key that was never replaced.
    function creditKeyUntil(address key) external view returns (uint256);
    function isListed(address asset) external view returns (bool);
    function poolOf(address asset) external view returns (uint256);
    function accountOf(address asset, address account) external view returns (Account memory);
    /// @notice Many accounts in one call, in the order asked.
    function accountsOf(address asset, address[] calldata accounts) external view returns (Account[] memory);
    function reserveOf(address asset, address account) external view returns (uint256);
    function releaseOf(address asset, address account) external view returns (uint256 amount, uint256 endsAt);
    function setApartOf(address asset, address to) external view returns (uint256);
    /// @notice `endsAt` is 0 where no exit is running.
    function exitOf(address asset, address account) external view returns (address to, uint256 endsAt);
    /// @notice 0 where no owner is bound.
    function ownerOf(address account) external view returns (address);
    /// @notice Numbers an account's next withdrawal or exit request in `asset`.
    function nonceOf(address asset, address account) external view returns (uint64);
    /// @notice Numbers an account's next binding.
    function ownerNonceOf(address account) external view returns (uint64);
    function hashDebit(address asset, uint80 total, bytes32 history) external view returns (bytes32);
    function hashCredit(Credit calldata credit) external view returns (bytes32);
}
