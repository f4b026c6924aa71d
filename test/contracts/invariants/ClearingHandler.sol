// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IClearingHouse} from "../../../contracts/clearing/IClearingHouse.sol";
import {BatchBuilder} from "../support/BatchBuilder.sol";
import {OddToken} from "../support/Tokens.sol";
import {ClearingMembers} from "./ClearingMembers.sol";

/// @title ClearingHandler: a clearing house in everybody's hands
/// @notice The invariant tests call its external functions in any order with any arguments. Members, strangers and the operator do what
/// they may and what they may not; old messages are used as readily as new ones. Of every call it is known beforehand whether the house
/// must do it or refuse it, and a refusal has to have a name.
contract ClearingHandler is ClearingMembers {
    uint256 private constant MOST = 1 << 60;
    uint256 private constant WALLET = 0x3A11E7;
    uint8 private constant W = 10;
    /// @dev In a batch of deposits a time has five bytes.
    uint256 private constant DAY_AFTER_ALL = type(uint40).max;

    /// @dev An asset that misbehaves, beside the one that does not.
    OddToken public odd;
    uint256 private _salts;
    uint256 private _listed;

    constructor() {
        setUpMembers();
        odd = new OddToken(6);
        vm.prank(cold);
        house.listAsset(address(odd));
        odd.approve(address(house), type(uint256).max);
    }

    function clearingHouse() external view returns (IClearingHouse) {
        return house;
    }

    function token() external view returns (address) {
        return asset;
    }

    // ---------------------------------------------------------- money in, out

    function deposit(uint256 who, uint256 amount, uint256 wrong) external step {
        who = who % MEMBERS;
        uint256 balance = balanceOf(members[who]);
        amount = someAmount(amount, balance < 1 << 80 ? (1 << 80) - balance : 0);
        address owner = house.ownerOf(members[who]);
        bool allowed = wrong % 8 != 0;
        if (!allowed) owner = address(uint160(owner) + 1);
        dollar.mint(address(this), amount);
        bytes memory data = abi.encodeCall(house.deposit, (asset, members[who], owner, amount));
        (bool done,) = attempt("deposit", who, address(this), data, allowed && amount > 0);
        if (done) (depositedBy[who], totalIn) = (depositedBy[who] + amount, totalIn + amount);
    }

    /// @dev Mostly small; sometimes all that there is room for.
    function someAmount(uint256 seed, uint256 most) private pure returns (uint256) {
        if (seed % 64 == 1) return most;
        return seed % 16 == 0 ? 0 : within(seed, 0, most < MOST ? most : MOST);
    }

    function depositWithAuthorization(uint256 who, uint256 amount, uint256 wrong) external step {
        who = who % MEMBERS;
        amount = someAmount(amount, MOST);
        address owner = house.ownerOf(members[who]);
        bytes32 salt = bytes32(wrong % 8 == 1 && _salts > 0 ? _salts : ++_salts);
        bool used = dollar.authorizationState(vm.addr(WALLET), house.depositNonce(members[who], owner, salt));
        bytes memory signature = authorize(who, owner, amount, salt, FOREVER);
        bool allowed = wrong % 8 > 2 || (wrong % 8 == 1 && !used);
        if (wrong % 8 == 0) amount += 1;
        if (wrong % 8 == 2) owner = address(uint160(owner) + 1);
        if (allowed) allowed = amount > 0 && balanceOf(members[who]) + amount <= 1 << 80;
        dollar.mint(vm.addr(WALLET), amount);
        bytes memory data = abi.encodeCall(
            house.depositWithAuthorization,
            (asset, vm.addr(WALLET), members[who], owner, amount, 0, FOREVER, salt, signature)
        );
        (bool done,) = attempt("depositWithAuthorization", who, STRANGER, data, allowed);
        if (done) (depositedBy[who], totalIn) = (depositedBy[who] + amount, totalIn + amount);
    }

    /// @dev An entry of a batch of deposits, and whether it must go through.
    struct Entry {
        uint256 who;
        uint256 amount;
        address owner;
        bytes32 salt;
        bytes32 nonce;
        bytes signature;
        bool good;
    }

    /// @dev Three deposits in one transaction, good and bad ones beside each other. A batch that is cut off is refused.
    function depositMany(uint256 seed, uint256 wrong) external step {
        Entry[3] memory entries;
        bytes memory batch = BatchBuilder.deposits(false);
        uint256[3] memory states;
        uint256 sum;
        for (uint256 i = 0; i < 3; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            entries[i] = someDeposit(seed);
            for (uint256 j = 0; j < i; ++j) {
                if (entries[j].good && entries[j].nonce == entries[i].nonce) entries[i].good = false;
            }
            batch = bytes.concat(batch, entryOf(entries[i]));
            states[i] = statesOf(entries[i].who);
            if (entries[i].good) sum += entries[i].amount;
        }
        if (wrong % 8 == 0) batch = bytes.concat(batch, hex"00");
        bytes memory data = abi.encodeCall(house.depositMany, (asset, batch));
        (bool done, bytes memory result) = attempt("depositMany", entries[0].who, STRANGER, data, wrong % 8 != 0);
        if (!done) return;
        vm.assertEq(abi.decode(result, (uint256)), sum, "the good ones of a batch");
        totalIn += sum;
        for (uint256 i = 0; i < 3; ++i) {
            note("deposit among many", states[i], entries[i].good);
            if (entries[i].good) depositedBy[entries[i].who] += entries[i].amount;
        }
    }

    /// @dev Bad ones: 0 of another amount than was signed, 1 one that came before, 2 for another owner, 3 signed by nobody.
    function someDeposit(uint256 seed) private returns (Entry memory entry) {
        uint256 kind = seed % 8;
        entry.who = (seed >> 8) % MEMBERS;
        address member = members[entry.who];
        entry.amount = someAmount(seed >> 16, MOST);
        // Else there might be no room, and the whole batch would be refused.
        if (balanceOf(member) > 1 << 79) entry.amount = 0;
        entry.owner = house.ownerOf(member);
        entry.salt = bytes32(kind == 1 && _salts > 0 ? _salts : ++_salts);
        entry.nonce = house.depositNonce(member, entry.owner, entry.salt);
        entry.signature = authorize(entry.who, entry.owner, entry.amount, entry.salt, DAY_AFTER_ALL);
        bool used = dollar.authorizationState(vm.addr(WALLET), entry.nonce);
        entry.good = entry.amount > 0 && !used && (kind == 1 || kind > 3);
        if (kind == 0) entry.amount += 1;
        if (kind == 2) entry.owner = address(uint160(entry.owner) + 1);
        if (kind == 3) entry.signature = new bytes(64);
        dollar.mint(vm.addr(WALLET), entry.amount);
    }

    function entryOf(Entry memory entry) private view returns (bytes memory) {
        return abi.encodePacked(
            BatchBuilder.deposit(vm.addr(WALLET), entry.amount, 0, DAY_AFTER_ALL, entry.salt, entry.signature),
            members[entry.who],
            entry.owner
        );
    }

    function authorize(uint256 who, address owner, uint256 amount, bytes32 salt, uint256 validBefore)
        private
        view
        returns (bytes memory)
    {
        bytes32 typeHash = keccak256(
            "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
        );
        bytes32 nonce = keccak256(abi.encode(members[who], owner, salt));
        bytes32 message = keccak256(
            abi.encode(typeHash, vm.addr(WALLET), address(house), amount, uint256(0), validBefore, nonce)
        );
        return sign64(WALLET, typedDigest(domainOf("Test Dollar", "1", asset), message));
    }

    function fund(uint256 who, uint256 amount) external step {
        amount = amount % 16 == 0 ? 0 : within(amount, 1, MOST);
        dollar.mint(address(this), amount);
        bytes memory data = abi.encodeCall(house.fund, (asset, amount));
        (bool done,) = attempt("fund", who % MEMBERS, address(this), data, amount > 0);
        if (done) totalIn += amount;
    }

    /// @dev Tokens sent to the contract without a word are nobody's.
    function donate(uint256 who, uint256 amount) external step {
        amount = within(amount, 1, MOST);
        dollar.mint(address(house), amount);
        donated += amount;
        note("donate", statesOf(who % MEMBERS), true);
    }

    /// @dev Up to the whole pool, and sometimes a unit more.
    function drain(uint256 who, uint256 amount, uint256 wrong) external step {
        uint256 pool = house.poolOf(asset);
        amount = wrong % 8 == 0 ? pool + 1 : amount % (pool + 1);
        address sender = wrong % 8 == 1 ? operator : cold;
        bytes memory data = abi.encodeCall(house.drain, (asset, receiver(9), amount));
        bool allowed = sender == cold && amount > 0 && amount <= pool;
        (bool done,) = attempt("drain", who % MEMBERS, sender, data, allowed);
        if (done) totalOut += amount;
    }

    // --------------------------------------------------------------- payments

    /// @dev A payment as the service accepts it: covered by what the payer has on chain and has coming, less what it has promised.
    function pay(uint256 from, uint256 to, uint256 amount) external step {
        (from, to) = (from % MEMBERS, to % MEMBERS);
        uint256 free = available(from);
        uint256 room = type(uint80).max - (debitTotal[from] > creditTotal[to] ? debitTotal[from] : creditTotal[to]);
        if (from == to || free == 0 || room == 0) return;
        amount = within(amount, 1, free < room ? free : room);
        debitTotal[from] += amount;
        creditTotal[to] += amount;
        signDebit(from, debitTotal[from], true);
        SignedDebit storage debit = _debits[_debits.length - 1];
        debit.credit = creditOf(members[to], creditTotal[to], debitDigest(asset, debit.total, debit.history));
        _credits.push(debit.credit);
        note("pay", statesOf(from), true);
    }

    /// @dev A payer signs what nobody accepted: more than it has, another history for the same total, or as much as a total can be. The
    /// operator may settle it all the same.
    function overspend(uint256 from, uint256 amount) external step {
        from = from % MEMBERS;
        uint256 total = debitTotal[from] + (amount % 4 == 0 ? 0 : within(amount, 1, MOST));
        if (amount % 64 == 1 || total > type(uint80).max) total = type(uint80).max;
        signDebit(from, total, false);
        note("overspend", statesOf(from), true);
    }

    // ------------------------------------------------------------- settlement

    /// @dev Debits, boths and credits of one section while they are gathered.
    struct Entries {
        bytes[3] data;
        uint16[3] counts;
    }

    /// @dev Up to eight entries of any kind, from any messages, old or new, some of them twice, some with a signature that says nothing;
    /// a section for each signature scheme. A batch that is cut off, or sent by somebody else, is refused.
    function settleSome(uint256 seed, uint256 wrong) external step {
        uint256[3] memory touched;
        bytes memory batch = someBatch(seed, touched);
        if (wrong % 16 == 0) batch = bytes.concat(batch, hex"00");
        bytes32[MEMBERS] memory before = slots();
        bytes memory data = abi.encodeCall(house.settle, (batch));
        address sender = wrong % 16 == 1 ? cold : operator;
        uint256[MEMBERS] memory states;
        for (uint256 i = 0; i < MEMBERS; ++i) states[i] = statesOf(i);
        (bool done,) = attempt("settle", seed % MEMBERS, sender, data, wrong % 16 > 1);
        if (!done) return;
        bytes32[MEMBERS] memory afterwards = slots();
        string[3] memory names = ["settle a debit", "settle a both", "settle a credit"];
        for (uint256 i = 0; i < MEMBERS * 3; ++i) {
            (uint256 kind, uint256 who) = (i / MEMBERS, i % MEMBERS);
            if ((touched[kind] >> who) & 1 == 1) note(names[kind], states[who], before[who] != afterwards[who]);
        }
    }

    function someBatch(uint256 seed, uint256[3] memory touched) private view returns (bytes memory) {
        Entries memory secp256k1;
        Entries memory p256;
        for (uint256 i = 0; i < 8; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            uint256 kind = seed % 4;
            if (kind == 2) {
                uint256 member = (seed >> 8) % MEMBERS;
                add(secp256k1, kind, BatchBuilder.credit(members[member], someCredit(member, seed >> 16), W));
                touched[2] |= 1 << member;
            } else if (kind < 2 && _debits.length > 0) {
                SignedDebit memory debit = _debits[(seed >> 8) % _debits.length];
                add(debit.member == P256 ? p256 : secp256k1, kind, signedEntry(debit, kind, seed >> 16));
                touched[kind] |= 1 << debit.member;
            }
        }
        return bytes.concat(BatchBuilder.empty(), sectionOf(1, p256), sectionOf(0, secp256k1));
    }

    function slots() private view returns (bytes32[MEMBERS] memory result) {
        for (uint256 i = 0; i < MEMBERS; ++i) result[i] = keccak256(abi.encode(house.accountOf(asset, members[i])));
    }

    function add(Entries memory entries, uint256 kind, bytes memory entry) private pure {
        entries.data[kind] = bytes.concat(entries.data[kind], entry);
        ++entries.counts[kind];
    }

    /// @dev A signature by nobody takes the entry's effect away; its credit would go to nobody.
    function signedEntry(SignedDebit memory debit, uint256 kind, uint256 seed) private view returns (bytes memory) {
        bytes memory signature = debit.signature;
        if (seed % 16 == 5) for (uint256 i = 0; i < 32; ++i) signature[i] = 0;
        bytes memory entry = BatchBuilder.debit(signature, debit.total, W, debit.history);
        return kind == 0 ? entry : bytes.concat(entry, BatchBuilder.number(someCredit(debit.member, seed), W));
    }

    function sectionOf(uint8 flags, Entries memory entries) private view returns (bytes memory) {
        bytes memory all = bytes.concat(entries.data[0], entries.data[1], entries.data[2]);
        return BatchBuilder.section(asset, flags, W, W, entries.counts[0], entries.counts[1], entries.counts[2], all);
    }

    /// @dev Mostly what the member earned, at some time; sometimes more, which is the operator's own generosity.
    function someCredit(uint256 member, uint256 seed) private view returns (uint256 total) {
        total = (creditTotal[member] * ((seed >> 8) % 5)) / 4;
        if (seed % 16 == 0) total = creditTotal[member] + seed % MOST;
        if (total > type(uint80).max) total = type(uint80).max;
    }

    function collect(uint256 which, uint256 whichKey, uint256 wrong) external step {
        if (_debits.length == 0) return;
        (IClearingHouse.Debit memory debit, IClearingHouse.Credit memory credit) = messageOf(which % _debits.length);
        SignedDebit storage signed = _debits[which % _debits.length];
        if (wrong % 8 == 0) ++credit.total;
        uint256 key = someKey(whichKey);
        IClearingHouse.Proof memory proof = proofOf(key, credit);
        if (wrong % 8 == 1) ++credit.total;
        bool allowed = signed.accepted && wrong % 8 != 1 && vm.addr(key) == house.creditKey();
        attempt("collect", signed.member, STRANGER, abi.encodeCall(house.collect, (debit, credit, proof)), allowed);
    }

    /// @dev Mostly the current credit key; else one that was replaced.
    function someKey(uint256 seed) private view returns (uint256) {
        return _creditKeys[seed % 4 == 0 ? (seed >> 8) % _creditKeys.length : _creditKeys.length - 1];
    }

    /// @dev With any key, old or new, and sometimes a credit that is not the one that was signed.
    function redeem(uint256 which, uint256 whichKey, uint256 wrong) external step {
        if (_credits.length == 0) return;
        IClearingHouse.Credit memory credit = _credits[which % _credits.length];
        uint256 key = someKey(whichKey);
        IClearingHouse.Proof memory proof = proofOf(key, credit);
        if (wrong % 8 == 0) credit.total += credit.total == type(uint80).max ? 0 : 1;
        bool counts = vm.addr(key) == house.creditKey() || block.timestamp < house.creditKeyUntil(vm.addr(key));
        bool unchanged = wrong % 8 != 0 || credit.total == type(uint80).max;
        bytes memory data = abi.encodeCall(house.redeem, (credit, proof));
        attempt("redeem", memberOf(credit.account), STRANGER, data, counts && unchanged);
    }

    function memberOf(address account) private view returns (uint256 who) {
        while (members[who] != account) ++who;
    }

    // --------------------------------------------------------------- reserves

    function reserve(uint256 who, uint256 amount, uint256 wrong) external step {
        uint256 pool = house.poolOf(asset);
        amount = wrong % 8 == 0 ? pool + 1 : amount % (pool + 1);
        address sender = wrong % 8 == 1 ? cold : operator;
        bytes memory data = abi.encodeCall(house.reserve, (asset, members[who % MEMBERS], amount));
        bool allowed = sender == operator && amount > 0 && amount <= pool;
        attempt("reserve", who % MEMBERS, sender, data, allowed);
    }

    function release(uint256 who, uint256 amount, uint256 wrong) external step {
        uint256 reserved = house.reserveOf(asset, members[who % MEMBERS]);
        amount = wrong % 8 == 0 ? reserved + 1 : amount % (reserved + 1);
        address sender = wrong % 8 == 1 ? cold : operator;
        bytes memory data = abi.encodeCall(house.release, (asset, members[who % MEMBERS], amount));
        bool allowed = sender == operator && amount > 0 && amount <= reserved;
        attempt("release", who % MEMBERS, sender, data, allowed);
    }

    function finalizeRelease(uint256 who) external step {
        (uint256 amount, uint256 endsAt) = house.releaseOf(asset, members[who % MEMBERS]);
        bytes memory data = abi.encodeCall(house.finalizeRelease, (asset, members[who % MEMBERS]));
        attempt("finalizeRelease", who % MEMBERS, STRANGER, data, amount > 0 && block.timestamp >= endsAt);
    }

    /// @dev A payee writes down what it may count on until the notice period is over.
    function observe(uint256 who) external step {
        who = who % MEMBERS;
        uint256 credited = house.accountOf(asset, members[who]).credited;
        promises[who] = Promise(guaranteed(who), credited, block.timestamp + NOTICE);
        note("observe", statesOf(who), true);
    }

    // ---------------------------------------------------------------- leaving

    function withdraw(uint256 who, uint256 amount, uint256 wrong) external step {
        who = who % MEMBERS;
        uint256 most = balanceOf(members[who]);
        if (most > type(uint80).max - 1) most = type(uint80).max - 1;
        amount = wrong % 16 == 0 ? most + 1 : amount % (most + 1);
        bool allowed = amount > 0 && amount <= balanceOf(members[who]) && (wrong % 16 == 0 || wrong % 16 > 4);
        (bool done,) = attempt(
            "withdraw", who, wrong % 16 == 1 ? cold : operator, withdrawalOf(who, amount, wrong % 16), allowed
        );
        if (!done) return;
        takenByOwner[who] += amount;
        totalOut += amount;
    }

    /// @dev Signed by whom it takes, or else: 2 by the robot's key though an owner is bound, 3 under an old nonce, 4 too late.
    function withdrawalOf(uint256 who, uint256 amount, uint256 wrong) private view returns (bytes memory) {
        address member = members[who];
        uint256 nonce = house.nonceOf(asset, member);
        if (wrong == 3) nonce = nonce == 0 ? 7 : nonce - 1;
        uint64 deadline = wrong == 4 ? uint64(block.timestamp - 1) : FOREVER;
        bytes32 digest = withdrawDigest(member, receiver(who), amount, nonce, deadline);
        bytes memory signature = wrong == 2 ? sign64(WALLET, digest) : signAsOwner(who, digest);
        if (wrong == 2 && _ownerKeys[who] != 0) signature = signAsMember(who, digest);
        return abi.encodeCall(house.withdraw, (asset, member, receiver(who), uint80(amount), deadline, signature));
    }

    function requestExit(uint256 who, uint256 wrong) external step {
        who = who % MEMBERS;
        address member = members[who];
        (, uint256 endsAt) = house.exitOf(asset, member);
        bytes32 digest = exitDigest(member, receiver(who), house.nonceOf(asset, member), FOREVER);
        bytes memory signature = signAsOwner(who, digest);
        if (wrong % 8 == 0) signature = sign64(WALLET, digest);
        bytes memory data = abi.encodeCall(house.requestExit, (asset, member, receiver(who), FOREVER, signature));
        attempt("requestExit", who, STRANGER, data, endsAt == 0 && wrong % 8 != 0);
    }

    function finalizeExit(uint256 who) external step {
        who = who % MEMBERS;
        (, uint256 endsAt) = house.exitOf(asset, members[who]);
        bytes memory data = abi.encodeCall(house.finalizeExit, (asset, members[who]));
        bool allowed = endsAt != 0 && block.timestamp >= endsAt;
        (bool done, bytes memory result) = attempt("finalizeExit", who, STRANGER, data, allowed);
        if (done) takenByOwner[who] += abi.decode(result, (uint256));
    }

    function draw(uint256 who) external step {
        who = who % MEMBERS;
        bytes memory data = abi.encodeCall(house.draw, (asset, receiver(who)));
        bool allowed = house.setApartOf(asset, receiver(who)) > 0;
        (bool done, bytes memory result) = attempt("draw", who, STRANGER, data, allowed);
        if (done) totalOut += abi.decode(result, (uint256));
    }

    function bindOwner(uint256 who, uint256 seed, uint256 wrong) external step {
        who = who % MEMBERS;
        uint256 key = 0x0E000 + seed % 1_000;
        address owner = seed % 4 == 0 ? addrP256(key) : vm.addr(key);
        uint256 nonce = house.ownerNonceOf(members[who]);
        bytes32 digest = ownerDigest(members[who], owner, wrong % 8 == 0 ? nonce + 1 : nonce);
        bytes memory signature = wrong % 8 == 1 ? sign64(WALLET, digest) : signAsOwner(who, digest);
        bytes memory data = abi.encodeCall(house.bindOwner, (members[who], owner, signature));
        (bool done,) = attempt("bindOwner", who, STRANGER, data, wrong % 8 > 1);
        if (done) (_ownerKeys[who], _ownerP256[who]) = (key, seed % 4 == 0);
    }

    // ---------------------------------------------------------- keys and time

    function replaceKeys(uint256 who, uint256 seed, uint256 wrong) external step {
        if (wrong % 4 > 1) return; // else no proof would ever be worth anything for long
        uint256 key = seed % 3 == 0 ? _creditKeys[_creditKeys.length - 1] : 0xC4ED0000 + seed % 5;
        bytes memory data = abi.encodeCall(house.replaceKeys, (operator, vm.addr(key), cold));
        (bool done,) = attempt("replaceKeys", who % MEMBERS, wrong % 4 == 0 ? cold : operator, data, wrong % 4 == 0);
        if (done) _creditKeys.push(key);
    }

    function listAsset(uint256 who, uint256 seed) external step {
        if (seed % 4 != 0 || _listed >= 4) return;
        uint8 decimals = uint8(5 + (seed >> 8) % 4);
        address another = seed % 8 == 0 ? address(new OddToken(decimals)) : asset;
        bytes memory data = abi.encodeCall(house.listAsset, (another));
        (bool done,) = attempt("listAsset", who % MEMBERS, cold, data, another != asset && decimals <= 6);
        if (done) ++_listed;
    }

    /// @dev Often just as far as a release takes.
    function pass(uint256 who, uint256 time) external step {
        note("time passes", statesOf(who % MEMBERS), true);
        (uint256 amount, uint256 endsAt) = house.releaseOf(asset, members[who % MEMBERS]);
        if (time % 3 == 0 && amount > 0 && endsAt > block.timestamp) return vm.warp(endsAt);
        vm.warp(block.timestamp + within(time, 1, time % 4 == 0 ? NOTICE : WINDOW));
    }

    // --------------------------------------------------------- a hostile asset

    /// @dev What the other asset does from now on: takes a fee, freezes a member's receiver, calls back, or nothing of it.
    function misbehave(uint256 who, uint256 mode) external step {
        odd.setFee(mode % 4 == 0 ? mode % 10_001 : 0);
        for (uint256 i = 0; i < MEMBERS; ++i) odd.setFrozen(receiver(i), mode % 3 == 0 && i == who % MEMBERS);
        bytes memory inner = abi.encodeCall(house.deposit, (address(odd), members[0], address(0), 1));
        odd.setCallback(mode % 5 == 0 ? address(house) : address(0), inner);
        note("misbehave", statesOf(who % MEMBERS), true);
    }

    /// @dev Whatever it does, a call either goes through as a whole or leaves nothing behind; what it did is checked by I1.
    function useOdd(uint256 who, uint256 action, uint256 amount) external step {
        who = who % MEMBERS;
        amount = within(amount, 1, MOST);
        uint256 states = statesOf(who);
        (bytes memory data, address sender) = oddCall(who, action % 7, amount);
        vm.prank(sender);
        (bool done, bytes memory result) = address(house).call(data);
        note("use the hostile asset", states, done);
        // The token's own refusal is a text.
        if (!done && bytes4(result) != bytes4(0x08c379a0)) assertNamed("the hostile asset", result);
    }

    function oddCall(uint256 who, uint256 action, uint256 amount) private returns (bytes memory, address) {
        address member = members[who];
        if (action < 2 || action == 6) {
            odd.setCallback(address(0), "");
            odd.mint(address(this), amount);
        }
        address owner = house.ownerOf(member);
        if (action == 0) return (abi.encodeCall(house.deposit, (address(odd), member, owner, amount)), address(this));
        if (action == 1) return (abi.encodeCall(house.fund, (address(odd), amount)), address(this));
        if (action == 2) {
            uint256 pool = house.poolOf(address(odd));
            return (abi.encodeCall(house.drain, (address(odd), receiver(9), within(amount, 0, pool))), cold);
        }
        if (action == 3) return (abi.encodeCall(house.draw, (address(odd), receiver(who))), STRANGER);
        if (action == 4) return (abi.encodeCall(house.finalizeExit, (address(odd), member)), STRANGER);
        if (action == 6) {
            bytes memory entry = BatchBuilder.deposit(address(this), amount, 0, DAY_AFTER_ALL, 0, new bytes(64));
            bytes memory batch = abi.encodePacked(BatchBuilder.deposits(false), entry, member, owner);
            return (abi.encodeCall(house.depositMany, (address(odd), batch)), STRANGER);
        }
        return oddLeave(who, amount);
    }

    /// @dev A withdrawal or an exit; digests name the asset, so it changes for a moment.
    function oddLeave(uint256 who, uint256 amount) private returns (bytes memory data, address sender) {
        (address member, address dollars) = (members[who], asset);
        uint256 nonce = house.nonceOf(address(odd), member);
        asset = address(odd);
        amount = within(amount, 0, balanceOf(member) % (1 << 80));
        bytes32 digest = amount % 2 == 0
            ? withdrawDigest(member, receiver(who), amount, nonce, FOREVER)
            : exitDigest(member, receiver(who), nonce, FOREVER);
        bytes memory signature = signAsOwner(who, digest);
        asset = dollars;
        if (amount % 2 == 1) {
            data = abi.encodeCall(house.requestExit, (address(odd), member, receiver(who), FOREVER, signature));
            return (data, STRANGER);
        }
        data = abi.encodeCall(
            house.withdraw, (address(odd), member, receiver(who), uint80(amount), FOREVER, signature)
        );
        return (data, operator);
    }
}
