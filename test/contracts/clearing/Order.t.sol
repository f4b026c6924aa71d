// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IClearingHouse} from "../../../contracts/clearing/IClearingHouse.sol";
import {BatchBuilder} from "../support/BatchBuilder.sol";
import {ClearingSupport} from "../support/ClearingSupport.sol";

/// @title I5: order, splitting and repetition of messages do not matter
/// @notice Payments among four members, each covered when it is accepted, as the service would have it. However their messages
/// arrive, everybody ends where the ledger says: what it had, plus what it earned, less what it paid.
contract OrderTest is ClearingSupport {
    uint256 private constant MEMBERS = 4;
    uint256 private constant PAYMENTS = 10;
    uint8 private constant W = 8;

    struct Message {
        uint256 payer;
        uint256 payee;
        uint256 debitTotal;
        uint256 creditTotal;
        bytes32 history;
    }

    uint256[MEMBERS] private _keys = [ALICE, BOB, CAROL, FLEET];
    address[MEMBERS] private _members;
    uint256[MEMBERS] private _had;
    uint256[MEMBERS] private _paid;
    uint256[MEMBERS] private _earned;
    Message[] private _messages;
    /// @dev Each member's newest debit.
    bytes32[MEMBERS] private _newest;

    function setUp() external {
        setUpClearing();
        _members = [alice, bob, carol, fleet];
    }

    /// @dev Accepts payments, each covered by what its payer has and has coming.
    function acceptPayments(uint256 seed) private {
        for (uint256 i = 0; i < MEMBERS; ++i) {
            _had[i] = seed % 3 == i % 3 ? 0 : within(uint256(keccak256(abi.encode(seed, i))), 1, 1_000);
            if (_had[i] > 0) give(_members[i], _had[i]);
        }
        for (uint256 i = 0; i < PAYMENTS; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            (uint256 payer, uint256 payee) = (seed % MEMBERS, (seed >> 8) % MEMBERS);
            uint256 free = _had[payer] + _earned[payer] - _paid[payer];
            if (payer == payee || free == 0) continue;
            uint256 amount = seed % 4 == 0 ? free : within(seed >> 16, 1, free);
            _paid[payer] += amount;
            _earned[payee] += amount;
            _newest[payer] = bytes32(seed);
            _messages.push(Message(payer, payee, _paid[payer], _earned[payee], bytes32(seed)));
        }
    }

    // ---------------------------------------------------------------- entries

    function debitEntry(Message memory m) private view returns (bytes memory) {
        bytes memory signature = sign64(_keys[m.payer], debitDigest(asset, m.debitTotal, m.history));
        return BatchBuilder.debit(signature, m.debitTotal, W, m.history);
    }

    function settleDebit(Message memory m) private {
        settle(bytes.concat(BatchBuilder.empty(), BatchBuilder.section(asset, 0, W, W, 1, 0, 0, debitEntry(m))));
    }

    function settleCredit(Message memory m) private {
        bytes memory entry = BatchBuilder.credit(_members[m.payee], m.creditTotal, W);
        settle(bytes.concat(BatchBuilder.empty(), BatchBuilder.section(asset, 0, W, W, 0, 0, 1, entry)));
    }

    function creditFor(Message memory m) private view returns (IClearingHouse.Credit memory) {
        return creditOf(_members[m.payee], m.creditTotal, debitDigest(asset, m.debitTotal, m.history));
    }

    function collect(Message memory m) private {
        IClearingHouse.Credit memory credit = creditFor(m);
        house.collect(debitOf(_keys[m.payer], m.debitTotal, m.history), credit, proofOf(CREDIT_KEY, credit));
    }

    function redeem(Message memory m) private {
        IClearingHouse.Credit memory credit = creditFor(m);
        house.redeem(credit, proofOf(CREDIT_KEY, credit));
    }

    /// @dev Any message, in any of the ways in which it can be used.
    function useOne(uint256 seed) private {
        if (_messages.length == 0) return;
        Message memory m = _messages[(seed >> 8) % _messages.length];
        if (seed % 4 == 0) settleDebit(m);
        if (seed % 4 == 1) settleCredit(m);
        if (seed % 4 == 2) collect(m);
        if (seed % 4 == 3) redeem(m);
    }

    /// @dev Settles each member's newest totals, in the kind of entry that fits, in a batch of its own or in one for all.
    function settleNewest(uint256 seed, bool together) private {
        bytes[3] memory entries;
        uint16[3] memory counts;
        for (uint256 n = 0; n < MEMBERS; ++n) {
            uint256 i = (n + seed) % MEMBERS;
            uint256 kind = _earned[i] == 0 ? 0 : _paid[i] == 0 ? 2 : 1;
            if (_paid[i] + _earned[i] == 0) continue;
            bytes memory entry = BatchBuilder.credit(_members[i], _earned[i], W);
            if (kind < 2) entry = debitEntry(Message(i, 0, _paid[i], 0, _newest[i]));
            if (kind == 1) entry = bytes.concat(entry, BatchBuilder.number(_earned[i], W));
            entries[kind] = bytes.concat(entries[kind], entry);
            ++counts[kind];
            if (together) continue;
            settleEntries(counts, entries);
            delete entries;
            delete counts;
        }
        settleEntries(counts, entries);
    }

    function settleEntries(uint16[3] memory counts, bytes[3] memory entries) private {
        bytes memory all = bytes.concat(entries[0], entries[1], entries[2]);
        settle(
            bytes.concat(
                BatchBuilder.empty(), BatchBuilder.section(asset, 0, W, W, counts[0], counts[1], counts[2], all)
            )
        );
    }

    /// @dev What everybody has and what has been settled, as one number.
    function state() private view returns (bytes32 hash) {
        for (uint256 i = 0; i < MEMBERS; ++i) hash = keccak256(abi.encode(hash, house.accountOf(asset, _members[i])));
        return keccak256(abi.encode(hash, house.poolOf(asset)));
    }

    function assertEverybodyEndsAlike() private view {
        for (uint256 i = 0; i < MEMBERS; ++i) {
            assertAccount(_members[i], _had[i] + _earned[i] - _paid[i], _paid[i], _earned[i]);
        }
        vm.assertEq(house.poolOf(asset), 0, "pool");
    }

    // ------------------------------------------------------------------ tests

    /// @dev The operator settles newest totals, after any use of older messages, together or one by one, in any order.
    function testFuzz_I5_SettlingEndsAlike(uint256 seed, uint256 uses) external {
        acceptPayments(seed);
        for (uint256 i = 0; i < uses % 12; ++i) useOne(uint256(keccak256(abi.encode(uses, i))));
        bytes32 before;
        while (before != state()) {
            before = state();
            seed = uint256(keccak256(abi.encode(seed)));
            settleNewest(seed % MEMBERS, seed % 8 < 4);
        }
        assertEverybodyEndsAlike();
    }

    /// @dev Without the operator, message by message, until nothing moves: everybody's balance is the same. Only totals may lag,
    /// where members owe one another in a circle and no money is needed any more; netting them in one entry moves them too.
    function testFuzz_I5_CollectingAndRedeemingEndsAlike(uint256 seed, uint256 uses) external {
        acceptPayments(seed);
        for (uint256 i = 0; i < uses % 12; ++i) useOne(uint256(keccak256(abi.encode(uses, i))));
        bytes32 before;
        while (before != state()) {
            before = state();
            for (uint256 i = 0; i < _messages.length; ++i) {
                Message memory m = _messages[(i + seed % 1_000) % _messages.length];
                collect(m);
                redeem(m);
            }
        }
        vm.assertEq(house.poolOf(asset), 0, "pool");
        for (uint256 i = 0; i < MEMBERS; ++i) {
            vm.assertEq(balanceOf(_members[i]), _had[i] + _earned[i] - _paid[i], "balance");
        }
        settleNewest(0, true);
        settleNewest(0, true);
        settleNewest(0, true);
        assertEverybodyEndsAlike();
    }

    /// @dev Once everything is settled, no message moves anything, however often it comes.
    function testFuzz_I5_RepetitionMovesNothing(uint256 seed) external {
        acceptPayments(seed);
        for (uint256 i = 0; i < MEMBERS + 1; ++i) settleNewest(i, true);
        bytes32 settled = state();
        for (uint256 i = 0; i < 8; ++i) useOne(uint256(keccak256(abi.encode(seed, i))));
        vm.assertEq(state(), settled, "state");
        assertEverybodyEndsAlike();
    }

    /// @dev The smallest circle: Alice paid Bob and Carol, Bob paid Alice; Carol was paid out first.
    function test_I5_ACircleIsNetted() external {
        give(alice, 5);
        (_had[0], _paid[0], _earned[0], _paid[1], _earned[1], _earned[2]) = (5, 10, 5, 5, 5, 5);
        Message memory m = Message(0, 2, 10, 5, bytes32("h"));
        (_newest[0], _newest[1]) = (bytes32("h"), bytes32("i"));
        settleDebit(m);
        settleCredit(m);
        assertAccount(alice, 0, 5, 0);
        assertAccount(carol, 5, 0, 5);
        settleDebit(Message(1, 0, 5, 5, bytes32("i")));
        assertAccount(bob, 0, 0, 0);
        settleNewest(0, true);
        assertEverybodyEndsAlike();
    }
}
