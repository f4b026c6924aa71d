// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IERC3009} from "@openzeppelin/contracts/interfaces/draft-IERC3009.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {IERC3009Bytes} from "../token/IERC3009Bytes.sol";
import {Signature} from "../lib/Signature.sol";
import {Wire} from "../lib/Wire.sol";
import {AccountSlot, AccountSlotLibrary} from "./AccountSlot.sol";
import {DebitHasher, DebitHasherLibrary} from "./DebitHasher.sol";
import {IClearingHouse} from "./IClearingHouse.sol";
import {PoolSlot, PoolSlotLibrary} from "./PoolSlot.sol";

/// @title ClearingHouse: one account a machine, one slot an account
/// @notice What each function does stands in IClearingHouse. What is kept here, for each asset:
///
///   tokens held >= Σ balances + Σ reserves + Σ set apart + pool                                         (I1)
///
/// Money enters by deposit and fund, leaves by withdraw, draw and drain, and everything between only moves it (I2). Internal
/// amounts are always written before a token is called, and what a token delivers is measured, so an asset that misbehaves hurts
/// itself alone.
contract ClearingHouse is IClearingHouse, EIP712 {
    using SafeERC20 for IERC20;

    // ------------------------------------------------------------ constants

    bytes32 private constant CREDIT_TYPEHASH =
        keccak256("Credit(address asset,address account,uint80 total,bytes32 history,bytes32 debit)");
    bytes32 private constant CREDITS_TYPEHASH = keccak256("Credits(bytes32 root)");
    bytes32 private constant WITHDRAW_TYPEHASH =
        keccak256("Withdraw(address asset,address account,address to,uint80 amount,uint64 nonce,uint64 deadline)");
    bytes32 private constant EXIT_TYPEHASH =
        keccak256("Exit(address asset,address account,address to,uint64 nonce,uint64 deadline)");
    bytes32 private constant OWNER_TYPEHASH = keccak256("Owner(address account,address owner,uint64 nonce)");

    uint8 private constant BATCH_VERSION = 1;
    /// @dev asset (20), flags (1), widths (1), debits (2), boths (2), credits (2)
    uint256 private constant SECTION_HEADER_LENGTH = 28;
    /// @dev A total is a uint80.
    uint256 private constant MAX_TOTAL_WIDTH = 10;
    uint256 private constant HISTORY_LENGTH = 32;
    uint256 private constant ADDRESS_LENGTH = 20;
    /// @dev version (1), flags (1)
    uint256 private constant DEPOSITS_HEADER_LENGTH = 2;
    /// @dev from (20), amount (10), valid after (5), valid before (5), salt (32), signature (64)
    uint256 private constant DEPOSIT_LENGTH = 136;
    /// @dev Three times what the dearest token known takes. A signer that is a contract may burn what it is given, and must not burn
    /// what the entries behind it need (I8).
    uint256 private constant MAX_RECEIVE_GAS = 250_000;

    uint8 private constant MAX_DECIMALS = 6;
    /// @dev What a deposit may raise a balance to. Credits add less than 2^80 to an account in its whole life, because `credited`
    /// is a uint80, so a balance stays below 2^80 + 2^80 and fits its 81 bits whatever an asset does. Settling needs no check for
    /// it.
    uint256 private constant MAX_BALANCE = 1 << 80;
    uint256 private constant MAX_POOL = PoolSlotLibrary.MAX_AMOUNT;
    /// @dev What funding may raise a pool to: the upper half of its 96 bits is for debits.
    uint256 private constant MAX_FUNDED = 1 << 95;
    /// @dev One debit adds less than 2^80 to a pool.
    uint256 private constant TOTAL_BITS = 80;
    /// @dev So many that replacing the keys, which visits each, fits into a transaction.
    uint256 private constant MAX_ASSETS = 1_000;
    /// @dev A window or notice that outlasts this would be a lock, not a window.
    uint256 private constant MAX_PERIOD_SECONDS = 365 days;

    // ---------------------------------------------------------------- state

    /// @dev An account's place in storage, so that reading and writing it work out where it lies only once.
    struct Cell {
        AccountSlot slot;
    }

    struct Release {
        uint208 amount;
        uint48 endsAt;
    }

    /// @dev `binding` is the account's owner nonce at the time of the request: a binding since then has cancelled the exit.
    struct Exit {
        address to;
        uint48 endsAt;
        uint48 binding;
    }

    struct Owner {
        address owner;
        uint64 nonce;
    }

    /// @dev 0 or 1; a whole word, which is written without being read.
    uint256 private transient _entered;

    /// @dev Listed from the beginning and known without reading storage, which makes deposits of it into new accounts cheaper.
    address private immutable _firstAsset;

    uint256 public immutable exitWindowSeconds;
    uint256 public immutable noticePeriodSeconds;

    address public settlementKey;
    address public creditKey;
    address public coldKey;

    address private _replacedCreditKey;
    /// @dev Every replaced credit key keeps its own notice period: replacing keys twice in a row must not void reserves (I7).
    mapping(address key => uint256) private _creditKeyUntil;

    address[] private _assets;
    mapping(address asset => PoolSlot) private _pools;
    mapping(address asset => mapping(address account => Cell)) private _accounts;
    mapping(address asset => mapping(address account => uint256)) private _reserves;
    mapping(address asset => mapping(address account => Release)) private _releases;
    /// @dev Goes on counting where an account's own count is full.
    mapping(address asset => mapping(address account => uint64)) private _furtherNonces;
    mapping(address asset => mapping(address account => Exit)) private _exits;
    mapping(address asset => mapping(address to => uint256)) private _setApart;
    mapping(address account => Owner) private _owners;

    // ---------------------------------------------------------- constructor

    constructor(
        address asset,
        address settlementKey_,
        address creditKey_,
        address coldKey_,
        uint256 exitWindowSeconds_,
        uint256 noticePeriodSeconds_
    ) EIP712("Sunledger", "1") {
        require(exitWindowSeconds_ <= MAX_PERIOD_SECONDS, ClearingHouse_TooMuch(MAX_PERIOD_SECONDS, exitWindowSeconds_));
        require(noticePeriodSeconds_ <= MAX_PERIOD_SECONDS, ClearingHouse_TooMuch(MAX_PERIOD_SECONDS, noticePeriodSeconds_));
        exitWindowSeconds = exitWindowSeconds_;
        noticePeriodSeconds = noticePeriodSeconds_;
        _setKeys(settlementKey_, creditKey_, coldKey_);
        emit KeysReplaced(settlementKey_, creditKey_, coldKey_, 0);
        _firstAsset = asset;
        _list(asset);
    }

    // ------------------------------------------------------------ modifiers

    /// @dev On everything that calls a token: what a token delivers is measured by balance difference, so a second transfer inside
    /// the first would be counted twice.
    modifier nonReentrant() {
        require(_entered == 0, ClearingHouse_Reentered());
        _entered = 1;
        _;
        _entered = 0;
    }

    modifier onlySettlementKey() {
        require(msg.sender == settlementKey, ClearingHouse_NotSettlementKey(settlementKey, msg.sender));
        _;
    }

    modifier onlyColdKey() {
        require(msg.sender == coldKey, ClearingHouse_NotColdKey(coldKey, msg.sender));
        _;
    }

    // ------------------------------------------------------------- deposits

    /// @inheritdoc IClearingHouse
    function deposit(address asset, address account, address owner, uint256 amount) external nonReentrant {
        _checkDeposit(asset, account, owner, amount);
        uint256 received = _pull(asset, amount);
        _addDeposit(asset, account, msg.sender, received);
    }

    /// @inheritdoc IClearingHouse
    /// @dev The token checks the authorization, and that this contract is the one to receive it. A used one makes the token revert.
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
    ) external nonReentrant {
        _checkDeposit(asset, account, owner, amount);
        uint256 before = IERC20(asset).balanceOf(address(this));
        bytes32 nonce = depositNonce(account, owner, salt);
        _receiveWithAuthorization(asset, from, amount, validAfter, validBefore, nonce, signature);
        uint256 received = IERC20(asset).balanceOf(address(this)) - before;
        // What was signed is an amount; a token that delivers another one is not what the signer took it for.
        require(received == amount, ClearingHouse_NotDelivered(amount, received));
        _addDeposit(asset, account, from, received);
    }

    /// @inheritdoc IClearingHouse
    /// @dev What arrives is measured once for all entries. More than what was authorized is somebody's gift, sent from within a
    /// token's call, and must not spoil the batch; less is a token that does not deliver what was signed, and spoils its own.
    function depositMany(address asset, bytes calldata batch) external nonReentrant returns (uint256 deposited) {
        require(asset == _firstAsset || _pools[asset].isListed(), ClearingHouse_AssetNotListed(asset));
        (bool own, uint256 length) = _readDepositsHeader(batch);
        uint256 before = IERC20(asset).balanceOf(address(this));
        unchecked {
            // No sum of amounts of 80 bits comes near the width of a word.
            uint256 cursor = Wire.start(batch) + DEPOSITS_HEADER_LENGTH;
            uint256 end = Wire.start(batch) + batch.length;
            for (; cursor < end; cursor += length) deposited += _depositOne(asset, cursor, own);
        }
        uint256 received = IERC20(asset).balanceOf(address(this)) - before;
        require(received >= deposited, ClearingHouse_NotDelivered(deposited, received));
    }

    /// @dev Whether everybody pays into its own account, and how many bytes an entry has. There must be whole entries only.
    function _readDepositsHeader(bytes calldata batch) private pure returns (bool own, uint256 length) {
        unchecked {
            require(
                batch.length >= DEPOSITS_HEADER_LENGTH, ClearingHouse_BatchMalformed(DEPOSITS_HEADER_LENGTH, batch.length)
            );
            uint256 header = Wire.number(Wire.start(batch), DEPOSITS_HEADER_LENGTH);
            require(header >> 8 == BATCH_VERSION, ClearingHouse_BatchVersion(BATCH_VERSION, uint8(header >> 8)));
            require(uint8(header) <= 1, ClearingHouse_BatchMalformed(1, batch.length));
            own = uint8(header) == 1;
            length = own ? DEPOSIT_LENGTH : DEPOSIT_LENGTH + 2 * ADDRESS_LENGTH;
            uint256 over = (batch.length - DEPOSITS_HEADER_LENGTH) % length;
            require(over == 0, ClearingHouse_BatchMalformed(batch.length - over, batch.length));
        }
    }

    /// @dev Takes the deposit that lies at `cursor`, and returns its amount, or 0 where it is refused.
    function _depositOne(address asset, uint256 cursor, bool own) private returns (uint256) {
        unchecked {
            address from = Wire.addressAt(cursor);
            address account = from;
            address owner = address(0);
            if (!own) {
                account = Wire.addressAt(cursor + DEPOSIT_LENGTH);
                owner = Wire.addressAt(cursor + DEPOSIT_LENGTH + ADDRESS_LENGTH);
            }
            uint256 amount = Wire.number(cursor + 20, 10);
            bytes32 nonce = depositNonce(account, owner, Wire.word(cursor + 40));
            bool allowed = account != address(0) && amount > 0 && _owners[account].owner == owner;
            if (!allowed || !_tryReceive(asset, from, amount, nonce, cursor)) {
                emit DepositRefused(asset, account, from, nonce);
                return 0;
            }
            _addDeposit(asset, account, from, amount);
            return amount;
        }
    }

    /// @dev Whether the token takes the authorization that lies at `cursor`. What it says where it does not is not copied.
    function _tryReceive(address asset, address from, uint256 amount, bytes32 nonce, uint256 cursor) private returns (bool) {
        unchecked {
            uint256 vs = uint256(Wire.word(cursor + 104));
            try IERC3009(asset).receiveWithAuthorization{gas: MAX_RECEIVE_GAS}(
                from,
                address(this),
                amount,
                Wire.number(cursor + 30, 5),
                Wire.number(cursor + 35, 5),
                nonce,
                uint8(vs >> 255) + 27,
                Wire.word(cursor + 72),
                bytes32((vs << 1) >> 1)
            ) {
                return true;
            } catch {
                return false;
            }
        }
    }

    /// @inheritdoc IClearingHouse
    function depositNonce(address account, address owner, bytes32 salt) public pure returns (bytes32) {
        return keccak256(abi.encode(account, owner, salt));
    }

    function _checkDeposit(address asset, address account, address owner, uint256 amount) private view {
        // Into an account that is not empty something was paid when the asset was listed, and listing is for good.
        require(
            asset == _firstAsset || !_accounts[asset][account].slot.isEmpty() || _pools[asset].isListed(),
            ClearingHouse_AssetNotListed(asset)
        );
        require(account != address(0), ClearingHouse_ZeroAddress());
        require(amount > 0, ClearingHouse_ZeroAmount());
        address bound = _owners[account].owner;
        require(bound == owner, ClearingHouse_WrongOwner(owner, bound));
    }

    function _addDeposit(address asset, address account, address from, uint256 received) private {
        Cell storage cell = _accounts[asset][account];
        AccountSlot slot = cell.slot;
        uint256 balance = slot.balance() + received;
        require(balance <= MAX_BALANCE, ClearingHouse_TooMuch(MAX_BALANCE, balance));
        cell.slot = slot.withBalance(balance);
        emit Deposited(asset, account, from, received);
    }

    /// @dev Takes the sender's tokens and returns how many arrived.
    function _pull(address asset, uint256 amount) private returns (uint256 received) {
        uint256 before = IERC20(asset).balanceOf(address(this));
        IERC20(asset).safeTransferFrom(msg.sender, address(this), amount);
        received = IERC20(asset).balanceOf(address(this)) - before;
        require(received > 0, ClearingHouse_NotDelivered(amount, received));
    }

    /// @dev Plain keys sign 65 bytes (or 64, compact), and every EIP-3009 token takes those as (v, r, s). Anything else is a
    /// contract's signature and goes to the form with bytes.
    function _receiveWithAuthorization(
        address asset,
        address from,
        uint256 amount,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes calldata signature
    ) private {
        if (signature.length != 64 && signature.length != 65) {
            IERC3009Bytes(asset).receiveWithAuthorization(
                from, address(this), amount, validAfter, validBefore, nonce, signature
            );
            return;
        }
        bytes32 s = bytes32(signature[32:64]);
        uint8 v = signature.length == 65 ? uint8(signature[64]) : uint8(uint256(s) >> 255) + 27;
        if (signature.length == 64) s = bytes32((uint256(s) << 1) >> 1);
        IERC3009(asset).receiveWithAuthorization(
            from, address(this), amount, validAfter, validBefore, nonce, v, bytes32(signature[0:32]), s
        );
    }

    // ----------------------------------------------------------- settlement

    /// @inheritdoc IClearingHouse
    /// @dev Who sends it is asked section by section, because the settlement key stands in the pool's slot, too.
    function settle(bytes calldata batch) external {
        require(batch.length > 0, ClearingHouse_BatchMalformed(1, 0));
        uint8 version = uint8(Wire.number(Wire.start(batch), 1));
        require(version == BATCH_VERSION, ClearingHouse_BatchVersion(BATCH_VERSION, version));
        bytes32 domain = _domainSeparatorV4();
        uint256 position = 1;
        while (position < batch.length) position = _settleSection(batch, position, domain);
    }

    /// @dev A section while it is settled: what its header says, and what has moved so far.
    struct Section {
        address asset;
        bool p256;
        uint256 signatureLength;
        uint256 debitWidth;
        uint256 creditWidth;
        uint256 debits;
        uint256 boths;
        uint256 credits;
        DebitHasher hasher;
        uint256 pool;
        uint256 debited;
        uint256 credited;
    }

    /// @dev Settles the section that starts at byte `position` of the batch and returns the byte at which it ends.
    function _settleSection(bytes calldata batch, uint256 position, bytes32 domain) private returns (uint256 end) {
        Section memory section;
        end = _readHeader(batch, position, section);
        PoolSlot pool = _pools[section.asset];
        if (!pool.isListed()) return end;
        require(msg.sender == pool.settler(), ClearingHouse_NotSettlementKey(pool.settler(), msg.sender));
        section.pool = pool.amount();
        // Only an asset of which 2^95 units are claimed to exist gets here; then its pool must be drained first.
        if (section.pool + ((section.debits + section.boths) << TOTAL_BITS) > MAX_POOL) return end;
        section.hasher = DebitHasherLibrary.prepare(domain, section.asset);

        uint256 cursor = Wire.start(batch) + position + SECTION_HEADER_LENGTH;
        cursor = _settleDebits(section, cursor);
        cursor = _settleBoths(section, cursor);
        _settleCredits(section, cursor);

        _pools[section.asset] = PoolSlotLibrary.pack(msg.sender, section.pool);
        emit Settled(section.asset, section.debited, section.credited, section.pool);
    }

    /// @dev The whole section must lie within the batch; after this check its entries are read without another. An unknown flag or
    /// a width that no total needs means that the batch should have ended before this section. Three counts of 16 bits times lengths
    /// of 8 come nowhere near the width of a word.
    function _readHeader(bytes calldata batch, uint256 position, Section memory section) private pure returns (uint256 end) {
        unchecked {
            end = position + SECTION_HEADER_LENGTH;
            require(end <= batch.length, ClearingHouse_BatchMalformed(end, batch.length));

            uint256 header = uint256(Wire.word(Wire.start(batch) + position));
            uint256 flags = uint8(header >> 88);
            section.asset = address(uint160(header >> 96));
            section.p256 = flags == 1;
            section.signatureLength = flags == 1 ? 128 : 64;
            section.debitWidth = (header >> 84) & 15;
            section.creditWidth = (header >> 80) & 15;
            section.debits = uint16(header >> 64);
            section.boths = uint16(header >> 48);
            section.credits = uint16(header >> 32);
            require(
                flags <= 1 && section.debitWidth <= MAX_TOTAL_WIDTH && section.creditWidth <= MAX_TOTAL_WIDTH,
                ClearingHouse_BatchMalformed(position, batch.length)
            );

            uint256 debitLength = section.signatureLength + section.debitWidth + HISTORY_LENGTH;
            end += section.debits * debitLength;
            end += section.boths * (debitLength + section.creditWidth);
            end += section.credits * (ADDRESS_LENGTH + section.creditWidth);
            require(end <= batch.length, ClearingHouse_BatchMalformed(end, batch.length));
        }
    }

    function _settleDebits(Section memory section, uint256 cursor) private returns (uint256) {
        unchecked {
            mapping(address => Cell) storage accounts = _accounts[section.asset];
            for (uint256 left = section.debits; left > 0; --left) {
                address account;
                uint256 total;
                (account, total, cursor) = _readDebit(section, cursor);
                // A signature of nobody moves nothing. One by the wrong key is some account without money, and moves nothing
                // either.
                if (account == address(0)) continue;
                Cell storage cell = accounts[account];
                (AccountSlot next, uint256 moved) = cell.slot.applyDebit(total);
                if (moved == 0) continue;
                cell.slot = next;
                section.pool += moved;
                section.debited += moved;
            }
            return cursor;
        }
    }

    function _settleBoths(Section memory section, uint256 cursor) private returns (uint256) {
        unchecked {
            mapping(address => Cell) storage accounts = _accounts[section.asset];
            for (uint256 left = section.boths; left > 0; --left) {
                address account;
                uint256 debitTotal;
                (account, debitTotal, cursor) = _readDebit(section, cursor);
                uint256 creditTotal = Wire.number(cursor, section.creditWidth);
                cursor += section.creditWidth;
                if (account == address(0)) continue;
                Cell storage cell = accounts[account];
                (AccountSlot next, uint256 paid, uint256 earned) =
                    cell.slot.applyBoth(debitTotal, creditTotal, section.pool);
                if (paid | earned == 0) continue;
                cell.slot = next;
                section.pool = section.pool + paid - earned;
                section.debited += paid;
                section.credited += earned;
            }
            return cursor;
        }
    }

    function _settleCredits(Section memory section, uint256 cursor) private {
        unchecked {
            mapping(address => Cell) storage accounts = _accounts[section.asset];
            for (uint256 left = section.credits; left > 0; --left) {
                address account = Wire.addressAt(cursor);
                uint256 total = Wire.number(cursor + ADDRESS_LENGTH, section.creditWidth);
                cursor += ADDRESS_LENGTH + section.creditWidth;
                Cell storage cell = accounts[account];
                AccountSlot slot = cell.slot;
                uint256 due = AccountSlotLibrary.excess(total, slot.credited());
                if (due == 0 || due > section.pool) continue;
                cell.slot = slot.applyCredit(due);
                section.pool -= due;
                section.credited += due;
            }
        }
    }

    /// @dev Reads signature, total and history, which debits and boths begin with, and recovers who signed them.
    function _readDebit(Section memory section, uint256 cursor)
        private
        view
        returns (address account, uint256 total, uint256 next)
    {
        unchecked {
            uint256 body = cursor + section.signatureLength;
            total = Wire.number(body, section.debitWidth);
            body += section.debitWidth;
            bytes32 digest = section.hasher.digest(total, Wire.word(body));
            account = section.p256
                ? Signature.recoverP256(
                    digest,
                    Wire.word(cursor),
                    Wire.word(cursor + 32),
                    Wire.word(cursor + 64),
                    Wire.word(cursor + 96)
                )
                : Signature.recoverCompact(digest, Wire.word(cursor), Wire.word(cursor + 32));
            next = body + HISTORY_LENGTH;
        }
    }

    /// @inheritdoc IClearingHouse
    function collect(Debit calldata debit, Credit calldata credit, Proof calldata proof) external returns (uint256 moved) {
        require(_pools[debit.asset].isListed(), ClearingHouse_AssetNotListed(debit.asset));
        bytes32 digest = hashDebit(debit.asset, debit.total, debit.history);
        require(credit.debit == digest, ClearingHouse_DebitNotAccepted(digest, credit.debit));
        require(credit.asset == debit.asset, ClearingHouse_WrongAsset(debit.asset, credit.asset));
        address key = _proofKey(credit, proof);
        require(key == creditKey, ClearingHouse_WrongCreditKey(creditKey, key));

        address account = Signature.recover(digest, debit.signature);
        require(account != address(0), ClearingHouse_BadSignature());
        Cell storage cell = _accounts[debit.asset][account];
        AccountSlot next;
        (next, moved) = cell.slot.applyDebit(debit.total);
        // Whoever comes second finds nothing to move, and nothing that reverts.
        if (moved == 0) return 0;
        cell.slot = next;
        _addToPool(debit.asset, moved, MAX_POOL);
        emit Collected(debit.asset, account, debit.total, debit.history, moved);
    }

    /// @inheritdoc IClearingHouse
    /// @dev No check that the asset is listed: without it there is neither pool nor reserve, and nothing to pay.
    function redeem(Credit calldata credit, Proof calldata proof)
        external
        returns (uint256 fromReserve, uint256 fromPool)
    {
        address key = _proofKey(credit, proof);
        bool current = key == creditKey;
        require(current || block.timestamp < _creditKeyUntil[key], ClearingHouse_WrongCreditKey(creditKey, key));

        Cell storage cell = _accounts[credit.asset][credit.account];
        AccountSlot slot = cell.slot;
        uint256 due = AccountSlotLibrary.excess(credit.total, slot.credited());
        uint256 reserved = _reserves[credit.asset][credit.account];
        fromReserve = AccountSlotLibrary.min(due, reserved);
        if (current) fromPool = AccountSlotLibrary.min(due - fromReserve, _pools[credit.asset].amount());
        if (fromReserve + fromPool == 0) return (0, 0);
        _reserves[credit.asset][credit.account] = reserved - fromReserve;
        if (fromPool > 0) _takeFromPool(credit.asset, fromPool);
        cell.slot = slot.applyCredit(fromReserve + fromPool);
        emit Redeemed(credit.asset, credit.account, credit.total, credit.history, fromReserve, fromPool);
    }

    /// @dev Whose signature stands over the root that the branch leads to. A leaf hashes 66 bytes and a node 64, so no node passes
    /// for a credit.
    function _proofKey(Credit calldata credit, Proof calldata proof) private view returns (address key) {
        bytes32 root = MerkleProof.processProofCalldata(proof.branch, hashCredit(credit));
        key = Signature.recover(_hashTypedDataV4(keccak256(abi.encode(CREDITS_TYPEHASH, root))), proof.signature);
        require(key != address(0), ClearingHouse_BadSignature());
    }

    // ------------------------------------------------------- pool, reserves

    /// @inheritdoc IClearingHouse
    function fund(address asset, uint256 amount) external nonReentrant {
        require(_pools[asset].isListed(), ClearingHouse_AssetNotListed(asset));
        require(amount > 0, ClearingHouse_ZeroAmount());
        uint256 received = _pull(asset, amount);
        _addToPool(asset, received, MAX_FUNDED);
        emit Funded(asset, msg.sender, received);
    }

    /// @inheritdoc IClearingHouse
    function drain(address asset, address to, uint256 amount) external onlyColdKey nonReentrant {
        require(to != address(0), ClearingHouse_ZeroAddress());
        _takeFromPool(asset, amount);
        emit Drained(asset, to, amount);
        IERC20(asset).safeTransfer(to, amount);
    }

    /// @inheritdoc IClearingHouse
    function reserve(address asset, address account, uint256 amount) external onlySettlementKey {
        require(account != address(0), ClearingHouse_ZeroAddress());
        _takeFromPool(asset, amount);
        uint256 reserved = _reserves[asset][account] + amount;
        _reserves[asset][account] = reserved;
        emit Reserved(asset, account, amount, reserved);
    }

    /// @inheritdoc IClearingHouse
    function release(address asset, address account, uint256 amount) external onlySettlementKey {
        require(amount > 0, ClearingHouse_ZeroAmount());
        uint256 reserved = _reserves[asset][account];
        require(amount <= reserved, ClearingHouse_InsufficientReserve(reserved, amount));
        uint256 endsAt = block.timestamp + noticePeriodSeconds;
        // A reserve comes out of a pool and fits a uint208 far and wide.
        _releases[asset][account] = Release(uint208(amount), uint48(endsAt));
        emit ReleaseAnnounced(asset, account, amount, endsAt);
    }

    /// @inheritdoc IClearingHouse
    function finalizeRelease(address asset, address account) external returns (uint256 amount) {
        Release memory announced = _releases[asset][account];
        require(announced.amount > 0, ClearingHouse_NoRelease());
        require(block.timestamp >= announced.endsAt, ClearingHouse_NoticeRunning(announced.endsAt, block.timestamp));
        uint256 reserved = _reserves[asset][account];
        amount = AccountSlotLibrary.min(announced.amount, reserved);
        delete _releases[asset][account];
        _reserves[asset][account] = reserved - amount;
        _addToPool(asset, amount, MAX_POOL);
        emit Released(asset, account, amount, reserved - amount);
    }

    /// @dev No check that the asset is listed: the pool of another one is empty.
    function _takeFromPool(address asset, uint256 amount) private {
        require(amount > 0, ClearingHouse_ZeroAmount());
        PoolSlot pool = _pools[asset];
        require(amount <= pool.amount(), ClearingHouse_InsufficientPool(pool.amount(), amount));
        _pools[asset] = PoolSlotLibrary.pack(pool.settler(), pool.amount() - amount);
    }

    /// @dev The asset is listed.
    function _addToPool(address asset, uint256 amount, uint256 most) private {
        PoolSlot pool = _pools[asset];
        uint256 sum = pool.amount() + amount;
        require(sum <= most, ClearingHouse_TooMuch(most, sum));
        _pools[asset] = PoolSlotLibrary.pack(pool.settler(), sum);
    }

    // -------------------------------------------------------------- leaving

    /// @inheritdoc IClearingHouse
    /// @dev No check for a running exit: the owner may take part of its money out while the window runs.
    function withdraw(address asset, address account, address to, uint80 amount, uint64 deadline, bytes calldata signature)
        external
        onlySettlementKey
        nonReentrant
    {
        require(to != address(0), ClearingHouse_ZeroAddress());
        require(amount > 0, ClearingHouse_ZeroAmount());
        require(block.timestamp <= deadline, ClearingHouse_Expired(deadline, block.timestamp));
        Cell storage cell = _accounts[asset][account];
        (AccountSlot slot, uint64 nonce) = _takeNonce(asset, account, cell.slot);
        _checkOwner(account, keccak256(abi.encode(WITHDRAW_TYPEHASH, asset, account, to, amount, nonce, deadline)), signature);

        uint256 balance = slot.balance();
        require(amount <= balance, ClearingHouse_InsufficientBalance(balance, amount));
        cell.slot = slot.withBalance(balance - amount);
        emit Withdrawn(asset, account, to, amount, nonce);
        IERC20(asset).safeTransfer(to, amount);
    }

    /// @inheritdoc IClearingHouse
    function requestExit(address asset, address account, address to, uint64 deadline, bytes calldata signature) external {
        require(to != address(0), ClearingHouse_ZeroAddress());
        require(block.timestamp <= deadline, ClearingHouse_Expired(deadline, block.timestamp));
        (, uint256 running) = exitOf(asset, account);
        require(running == 0, ClearingHouse_ExitRunning(running));
        Cell storage cell = _accounts[asset][account];
        uint64 nonce;
        (cell.slot, nonce) = _takeNonce(asset, account, cell.slot);
        _checkOwner(account, keccak256(abi.encode(EXIT_TYPEHASH, asset, account, to, nonce, deadline)), signature);

        uint256 endsAt = block.timestamp + exitWindowSeconds;
        _exits[asset][account] = Exit(to, uint48(endsAt), uint48(_owners[account].nonce));
        emit ExitRequested(asset, account, to, nonce, endsAt);
    }

    /// @inheritdoc IClearingHouse
    /// @dev Sets the money apart and sends nothing: a token that refuses the receiver cannot keep the account open.
    function finalizeExit(address asset, address account) external returns (uint256 amount) {
        (address to, uint256 endsAt) = exitOf(asset, account);
        require(endsAt > 0, ClearingHouse_NoExit());
        require(block.timestamp >= endsAt, ClearingHouse_WindowOpen(endsAt, block.timestamp));
        delete _exits[asset][account];

        Cell storage cell = _accounts[asset][account];
        AccountSlot slot = cell.slot;
        amount = slot.balance();
        cell.slot = slot.withBalance(0);
        _setApart[asset][to] += amount;
        emit ExitFinalized(asset, account, to, amount);
    }

    /// @inheritdoc IClearingHouse
    function draw(address asset, address to) external nonReentrant returns (uint256 amount) {
        amount = _setApart[asset][to];
        require(amount > 0, ClearingHouse_NothingSetApart());
        _setApart[asset][to] = 0;
        emit Drawn(asset, to, amount);
        IERC20(asset).safeTransfer(to, amount);
    }

    /// @inheritdoc IClearingHouse
    /// @dev Running exits of the account, in all assets, were requested under the nonce that ends here; that cancels them.
    function bindOwner(address account, address owner, bytes calldata signature) external {
        require(owner != address(0), ClearingHouse_ZeroAddress());
        uint64 nonce = _owners[account].nonce;
        _checkOwner(account, keccak256(abi.encode(OWNER_TYPEHASH, account, owner, nonce)), signature);
        _owners[account] = Owner(owner, nonce + 1);
        emit OwnerBound(account, owner, nonce);
    }

    /// @dev The number of an account's next withdrawal or exit request, and its slot with that number used. The first 32 767 are
    /// counted in the slot itself.
    function _takeNonce(address asset, address account, AccountSlot slot) private returns (AccountSlot next, uint64 nonce) {
        nonce = uint64(slot.count());
        if (nonce < AccountSlotLibrary.MAX_COUNT) return (slot.counted(), nonce);
        return (slot, nonce + _furtherNonces[asset][account]++);
    }

    /// @dev An account without an owner owns itself.
    function _checkOwner(address account, bytes32 message, bytes calldata signature) private view {
        address bound = _owners[account].owner;
        address expected = bound == address(0) ? account : bound;
        address signer = Signature.recover(_hashTypedDataV4(message), signature);
        require(signer != address(0), ClearingHouse_BadSignature());
        require(signer == expected, ClearingHouse_WrongSigner(expected, signer));
    }

    // ----------------------------------------------------------------- keys

    /// @inheritdoc IClearingHouse
    function listAsset(address asset) external onlyColdKey {
        _list(asset);
    }

    function _list(address asset) private {
        require(asset != address(0), ClearingHouse_ZeroAddress());
        require(!_pools[asset].isListed(), ClearingHouse_AssetListed(asset));
        require(_assets.length < MAX_ASSETS, ClearingHouse_TooMuch(MAX_ASSETS, MAX_ASSETS + 1));
        uint8 decimals = IERC20Metadata(asset).decimals();
        require(decimals <= MAX_DECIMALS, ClearingHouse_TooManyDecimals(MAX_DECIMALS, decimals));
        _assets.push(asset);
        _pools[asset] = PoolSlotLibrary.pack(settlementKey, 0);
        emit AssetListed(asset);
    }

    /// @inheritdoc IClearingHouse
    function replaceKeys(address settlementKey_, address creditKey_, address coldKey_) external onlyColdKey {
        uint256 until = 0;
        if (creditKey_ != creditKey) {
            until = block.timestamp + noticePeriodSeconds;
            _replacedCreditKey = creditKey;
            _creditKeyUntil[creditKey] = until;
        }
        _setKeys(settlementKey_, creditKey_, coldKey_);
        emit KeysReplaced(settlementKey_, creditKey_, coldKey_, until);
    }

    /// @dev A credit key of 0 would make nobody's signatures the operator's.
    function _setKeys(address settlementKey_, address creditKey_, address coldKey_) private {
        require(
            settlementKey_ != address(0) && creditKey_ != address(0) && coldKey_ != address(0), ClearingHouse_ZeroAddress()
        );
        if (settlementKey_ != settlementKey) {
            for (uint256 i = 0; i < _assets.length; ++i) {
                _pools[_assets[i]] = PoolSlotLibrary.pack(settlementKey_, _pools[_assets[i]].amount());
            }
        }
        settlementKey = settlementKey_;
        creditKey = creditKey_;
        coldKey = coldKey_;
    }

    // ---------------------------------------------------------------- views

    /// @inheritdoc IClearingHouse
    // solhint-disable-next-line func-name-mixedcase
    function DOMAIN_SEPARATOR() external view returns (bytes32) {
        return _domainSeparatorV4();
    }

    /// @inheritdoc IClearingHouse
    function previousCreditKey() external view returns (address key, uint256 until) {
        return (_replacedCreditKey, _creditKeyUntil[_replacedCreditKey]);
    }

    /// @inheritdoc IClearingHouse
    function creditKeyUntil(address key) external view returns (uint256) {
        return _creditKeyUntil[key];
    }

    /// @inheritdoc IClearingHouse
    function isListed(address asset) external view returns (bool) {
        return _pools[asset].isListed();
    }

    /// @inheritdoc IClearingHouse
    function poolOf(address asset) external view returns (uint256) {
        return _pools[asset].amount();
    }

    /// @inheritdoc IClearingHouse
    function accountOf(address asset, address account) public view returns (Account memory) {
        AccountSlot slot = _accounts[asset][account].slot;
        return Account(uint96(slot.balance()), uint80(slot.debited()), uint80(slot.credited()));
    }

    /// @inheritdoc IClearingHouse
    function accountsOf(address asset, address[] calldata accounts) external view returns (Account[] memory result) {
        result = new Account[](accounts.length);
        for (uint256 i = 0; i < accounts.length; ++i) result[i] = accountOf(asset, accounts[i]);
    }

    /// @inheritdoc IClearingHouse
    function reserveOf(address asset, address account) external view returns (uint256) {
        return _reserves[asset][account];
    }

    /// @inheritdoc IClearingHouse
    function releaseOf(address asset, address account) external view returns (uint256 amount, uint256 endsAt) {
        Release memory announced = _releases[asset][account];
        return (announced.amount, announced.endsAt);
    }

    /// @inheritdoc IClearingHouse
    function setApartOf(address asset, address to) external view returns (uint256) {
        return _setApart[asset][to];
    }

    /// @inheritdoc IClearingHouse
    function exitOf(address asset, address account) public view returns (address to, uint256 endsAt) {
        Exit memory requested = _exits[asset][account];
        if (requested.binding != _owners[account].nonce) return (address(0), 0);
        return (requested.to, requested.endsAt);
    }

    /// @inheritdoc IClearingHouse
    function ownerOf(address account) external view returns (address) {
        return _owners[account].owner;
    }

    /// @inheritdoc IClearingHouse
    function nonceOf(address asset, address account) external view returns (uint64) {
        return uint64(_accounts[asset][account].slot.count()) + _furtherNonces[asset][account];
    }

    /// @inheritdoc IClearingHouse
    function ownerNonceOf(address account) external view returns (uint64) {
        return _owners[account].nonce;
    }

    /// @inheritdoc IClearingHouse
    function hashDebit(address asset, uint80 total, bytes32 history) public view returns (bytes32) {
        return DebitHasherLibrary.prepare(_domainSeparatorV4(), asset).digest(total, history);
    }

    /// @inheritdoc IClearingHouse
    function hashCredit(Credit calldata credit) public view returns (bytes32) {
        return _hashTypedDataV4(
            keccak256(
                abi.encode(CREDIT_TYPEHASH, credit.asset, credit.account, credit.total, credit.history, credit.debit)
            )
        );
    }
}
