// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IClearingHouse} from "../../../contracts/clearing/IClearingHouse.sol";
import {BatchBuilder} from "../support/BatchBuilder.sol";
import {ClearingSupport} from "../support/ClearingSupport.sol";

/// @title ClearingHandler: a clearing house in everybody's hands
/// @notice The invariant tests call its external functions in any order with any arguments. It signs for four members (the last one
/// with P-256), the operator and the owners, keeps every message that was ever signed, and uses old ones as readily as new ones.
/// What went in and out is counted here by itself, so that the contract's books can be compared with a second set. No call reverts:
/// what would not be allowed is not tried, so a revert is a finding.
contract ClearingHandler is ClearingSupport {
    uint256 public constant MEMBERS = 4;
    uint256 private constant MOST = 1 << 60;
    uint8 private constant W = 10;

    struct SignedDebit {
        uint256 member;
        uint80 total;
        bytes32 history;
        bytes signature;
        bool accepted;
        IClearingHouse.Credit credit;
    }

    uint256[MEMBERS] private _keys = [uint256(0xA1), 0xB2, 0xC3, 0xD4];
    address[MEMBERS] public members;
    /// @dev 0: the member owns itself.
    uint256[MEMBERS] private _ownerKeys;
    uint256[] private _creditKeys;

    SignedDebit[] private _debits;
    IClearingHouse.Credit[] private _credits;

    // The service's totals: all that was accepted.
    uint256[MEMBERS] public debitTotal;
    uint256[MEMBERS] public creditTotal;

    // The second set of books.
    uint256[MEMBERS] public highestSigned;
    uint256[MEMBERS] public depositedBy;
    uint256[MEMBERS] public takenByOwner;
    uint256 public totalIn;
    uint256 public totalOut;
    uint256 public donated;

    // What was seen last, to see totals rise.
    uint256[MEMBERS] private _debitedBefore;
    uint256[MEMBERS] private _creditedBefore;
    bool public totalsFell;

    /// @dev How often each action did something, by name.
    mapping(string => uint256) public done;

    modifier watched(string memory name) {
        _;
        ++done[name];
        for (uint256 i = 0; i < MEMBERS; ++i) {
            IClearingHouse.Account memory account = house.accountOf(asset, members[i]);
            if (account.debited < _debitedBefore[i] || account.credited < _creditedBefore[i]) totalsFell = true;
            (_debitedBefore[i], _creditedBefore[i]) = (account.debited, account.credited);
        }
    }

    constructor() {
        setUpClearing();
        for (uint256 i = 0; i < MEMBERS; ++i) members[i] = i == 3 ? addrP256(_keys[i]) : vm.addr(_keys[i]);
        _creditKeys.push(CREDIT_KEY);
    }

    function clearingHouse() external view returns (IClearingHouse) {
        return house;
    }

    function token() external view returns (address) {
        return asset;
    }

    function receiver(uint256 member) public pure returns (address) {
        return address(uint160(0xEE00 + member));
    }

    /// @dev Everything that the contract says it owes or keeps.
    function internalSum() external view returns (uint256 sum) {
        sum = house.poolOf(asset);
        for (uint256 i = 0; i < MEMBERS; ++i) {
            sum += house.accountOf(asset, members[i]).balance + house.reserveOf(asset, members[i])
                + house.setApartOf(asset, receiver(i));
        }
    }

    // ---------------------------------------------------------- money in, out

    function deposit(uint256 who, uint256 amount) external watched("deposit") {
        who = within(who, 0, MEMBERS - 1);
        amount = within(amount, 1, MOST);
        give(members[who], amount);
        depositedBy[who] += amount;
        totalIn += amount;
    }

    function fund(uint256 amount) external watched("fund") {
        amount = within(amount, 1, MOST);
        fill(amount);
        totalIn += amount;
    }

    /// @dev Tokens sent to the contract without a word are nobody's.
    function donate(uint256 amount) external watched("donate") {
        amount = within(amount, 1, MOST);
        dollar.mint(address(house), amount);
        donated += amount;
    }

    function drain(uint256 amount) external {
        amount = amount % (house.poolOf(asset) + 1);
        if (amount > 0) _drain(amount);
    }

    function _drain(uint256 amount) private watched("drain") {
        vm.prank(cold);
        house.drain(asset, receiver(9), amount);
        totalOut += amount;
    }

    // --------------------------------------------------------------- payments

    /// @dev A payment as the service accepts it: covered by what the payer has on chain and has coming, less what it has promised.
    function pay(uint256 from, uint256 to, uint256 amount) external {
        from = within(from, 0, MEMBERS - 1);
        to = within(to, 0, MEMBERS - 1);
        uint256 free = available(from);
        if (from == to || free == 0) return;
        _pay(from, to, within(amount, 1, free));
    }

    function _pay(uint256 from, uint256 to, uint256 amount) private watched("pay") {
        debitTotal[from] += amount;
        creditTotal[to] += amount;
        _signDebit(from, debitTotal[from], true);
        SignedDebit storage debit = _debits[_debits.length - 1];
        bytes32 digest = debitDigest(asset, debit.total, debit.history);
        debit.credit = creditOf(members[to], creditTotal[to], digest);
        _credits.push(debit.credit);
    }

    /// @dev A payer signs more than it has. Nobody accepted it, but the operator may settle it.
    function overspend(uint256 from, uint256 amount) external watched("overspend") {
        from = within(from, 0, MEMBERS - 1);
        _signDebit(from, debitTotal[from] + within(amount, 1, MOST), false);
    }

    function _signDebit(uint256 member, uint256 total, bool accepted) private {
        bytes32 history = keccak256(abi.encode("history", _debits.length));
        bytes32 digest = debitDigest(asset, total, history);
        SignedDebit storage debit = _debits.push();
        (debit.member, debit.total, debit.history, debit.accepted) = (member, uint80(total), history, accepted);
        debit.signature = sign(_keys[member], member == 3, digest);
        if (total > highestSigned[member]) highestSigned[member] = total;
    }

    function available(uint256 member) public view returns (uint256) {
        IClearingHouse.Account memory account = house.accountOf(asset, members[member]);
        uint256 has = account.balance;
        if (creditTotal[member] > account.credited) has += creditTotal[member] - account.credited;
        uint256 owes = debitTotal[member] > account.debited ? debitTotal[member] - account.debited : 0;
        return has > owes ? has - owes : 0;
    }

    // ------------------------------------------------------------- settlement

    /// @dev Debits, boths and credits of one section while they are gathered.
    struct Entries {
        bytes[3] data;
        uint16[3] counts;
    }

    /// @dev Up to eight entries of any kind, from any messages, old or new, some of them twice; a section for each signature
    /// scheme.
    function settleSome(uint256 seed) external watched("settle") {
        Entries memory secp256k1;
        Entries memory p256;
        for (uint256 i = 0; i < 8; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            uint256 kind = seed % 4;
            if (kind == 2) {
                uint256 member = (seed >> 8) % MEMBERS;
                add(secp256k1, kind, BatchBuilder.credit(members[member], someCredit(member, seed >> 16), W));
            } else if (kind < 2 && _debits.length > 0) {
                SignedDebit memory debit = _debits[(seed >> 8) % _debits.length];
                add(debit.member == 3 ? p256 : secp256k1, kind, signedEntry(debit, kind, seed >> 16));
            }
        }
        settle(bytes.concat(BatchBuilder.empty(), sectionOf(1, p256), sectionOf(0, secp256k1)));
    }

    function add(Entries memory entries, uint256 kind, bytes memory entry) private pure {
        entries.data[kind] = bytes.concat(entries.data[kind], entry);
        ++entries.counts[kind];
    }

    function signedEntry(SignedDebit memory debit, uint256 kind, uint256 seed) private view returns (bytes memory) {
        bytes memory entry = BatchBuilder.debit(debit.signature, debit.total, W, debit.history);
        return kind == 0 ? entry : bytes.concat(entry, BatchBuilder.number(someCredit(debit.member, seed), W));
    }

    function sectionOf(uint8 flags, Entries memory entries) private view returns (bytes memory) {
        bytes memory all = bytes.concat(entries.data[0], entries.data[1], entries.data[2]);
        return BatchBuilder.section(asset, flags, W, W, entries.counts[0], entries.counts[1], entries.counts[2], all);
    }

    /// @dev Mostly what the member earned, at some time; sometimes more, which is the operator's own generosity.
    function someCredit(uint256 member, uint256 seed) private view returns (uint256) {
        return seed % 16 == 0 ? creditTotal[member] + seed % MOST : (creditTotal[member] * ((seed >> 8) % 5)) / 4;
    }

    function collect(uint256 which) external {
        if (_debits.length == 0) return;
        SignedDebit storage debit = _debits[which % _debits.length];
        if (debit.accepted) _collect(debit);
    }

    function _collect(SignedDebit storage debit) private watched("collect") {
        IClearingHouse.Debit memory message = IClearingHouse.Debit(asset, debit.total, debit.history, debit.signature);
        house.collect(message, debit.credit, proofOf(_creditKeys[_creditKeys.length - 1], debit.credit));
    }

    /// @dev With the current credit key, or with a replaced one whose notice period runs.
    function redeem(uint256 which, uint256 whichKey) external {
        if (_credits.length == 0) return;
        uint256 key = _creditKeys[whichKey % _creditKeys.length];
        if (vm.addr(key) != house.creditKey() && block.timestamp >= house.creditKeyUntil(vm.addr(key))) return;
        _redeem(_credits[which % _credits.length], key);
    }

    function _redeem(IClearingHouse.Credit memory credit, uint256 key) private watched("redeem") {
        house.redeem(credit, proofOf(key, credit));
    }

    // --------------------------------------------------------------- reserves

    function reserve(uint256 who, uint256 amount) external {
        amount = amount % (house.poolOf(asset) + 1);
        if (amount > 0) _reserve(members[who % MEMBERS], amount);
    }

    function _reserve(address member, uint256 amount) private watched("reserve") {
        vm.prank(operator);
        house.reserve(asset, member, amount);
    }

    function release(uint256 who, uint256 amount) external {
        address member = members[who % MEMBERS];
        amount = amount % (house.reserveOf(asset, member) + 1);
        if (amount > 0) _release(member, amount);
    }

    function _release(address member, uint256 amount) private watched("release") {
        vm.prank(operator);
        house.release(asset, member, amount);
    }

    function finalizeRelease(uint256 who) external {
        address member = members[who % MEMBERS];
        (uint256 amount, uint256 endsAt) = house.releaseOf(asset, member);
        if (amount > 0 && block.timestamp >= endsAt) _finalizeRelease(member);
    }

    function _finalizeRelease(address member) private watched("finalizeRelease") {
        house.finalizeRelease(asset, member);
    }

    // ---------------------------------------------------------------- leaving

    function withdraw(uint256 who, uint256 amount) external {
        who = who % MEMBERS;
        amount = amount % (balanceOf(members[who]) + 1);
        if (amount > 0) _withdraw(who, amount);
    }

    function _withdraw(uint256 who, uint256 amount) private watched("withdraw") {
        address member = members[who];
        bytes32 digest = withdrawDigest(member, receiver(who), amount, house.nonceOf(asset, member), FOREVER);
        bytes memory signature = signAsOwner(who, digest);
        vm.prank(operator);
        house.withdraw(asset, member, receiver(who), uint80(amount), FOREVER, signature);
        takenByOwner[who] += amount;
        totalOut += amount;
    }

    function requestExit(uint256 who) external {
        who = who % MEMBERS;
        (, uint256 endsAt) = house.exitOf(asset, members[who]);
        if (endsAt == 0) _requestExit(who);
    }

    function _requestExit(uint256 who) private watched("requestExit") {
        address member = members[who];
        bytes32 digest = exitDigest(member, receiver(who), house.nonceOf(asset, member), FOREVER);
        house.requestExit(asset, member, receiver(who), FOREVER, signAsOwner(who, digest));
    }

    function finalizeExit(uint256 who) external {
        who = who % MEMBERS;
        (, uint256 endsAt) = house.exitOf(asset, members[who]);
        if (endsAt != 0 && block.timestamp >= endsAt) _finalizeExit(who);
    }

    function _finalizeExit(uint256 who) private watched("finalizeExit") {
        takenByOwner[who] += house.finalizeExit(asset, members[who]);
    }

    function draw(uint256 who) external {
        if (house.setApartOf(asset, receiver(who % MEMBERS)) > 0) _draw(receiver(who % MEMBERS));
    }

    function _draw(address to) private watched("draw") {
        totalOut += house.draw(asset, to);
    }

    function bindOwner(uint256 who, uint256 seed) external watched("bindOwner") {
        who = who % MEMBERS;
        uint256 key = 0x0E000 + seed % 1_000;
        address member = members[who];
        bytes32 digest = ownerDigest(member, vm.addr(key), house.ownerNonceOf(member));
        house.bindOwner(member, vm.addr(key), signAsOwner(who, digest));
        _ownerKeys[who] = key;
    }

    function sign(uint256 key, bool p256, bytes32 digest) private pure returns (bytes memory) {
        return p256 ? sign128(key, digest) : sign64(key, digest);
    }

    function signAsOwner(uint256 who, bytes32 digest) private view returns (bytes memory) {
        if (_ownerKeys[who] != 0) return sign64(_ownerKeys[who], digest);
        return sign(_keys[who], who == 3, digest);
    }

    // ---------------------------------------------------------- keys and time

    function replaceCreditKey(uint256 seed) external watched("replaceCreditKey") {
        uint256 key = 0xC4ED0000 + seed % 5;
        vm.prank(cold);
        house.replaceKeys(operator, vm.addr(key), cold);
        _creditKeys.push(key);
    }

    function pass(uint256 time) external watched("pass") {
        vm.warp(block.timestamp + within(time, 1, NOTICE));
    }
}
