// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IClearingHouse} from "../../../contracts/clearing/IClearingHouse.sol";
import {ClearingSupport} from "../support/ClearingSupport.sol";
import {Reach} from "../support/Reach.sol";

/// @title ClearingMembers: four members, all that they and the operator ever signed, and a second set of books
/// @notice What went in and out is counted here by itself, so that the contract's books can be compared with it. The last member signs
/// with P-256, the others with secp256k1; so do owners.
abstract contract ClearingMembers is ClearingSupport, Reach {
    uint256 public constant MEMBERS = 4;
    /// @dev The member whose keys are on P-256.
    uint256 internal constant P256 = 3;

    address internal constant STRANGER = address(0x57A46E);

    // States of a member when something is done to it.
    uint256 internal constant NEW = 1 << 0;
    uint256 internal constant FUNDED = 1 << 1;
    uint256 internal constant LEAVING = 1 << 2;
    uint256 internal constant WINDOW_OVER = 1 << 3;
    uint256 internal constant OWNED = 1 << 4;
    uint256 internal constant RESERVE = 1 << 5;
    uint256 internal constant RELEASE = 1 << 6;
    uint256 internal constant RELEASE_DUE = 1 << 7;
    uint256 internal constant KEY_REPLACED = 1 << 8;
    uint256 internal constant POOL_SHORT = 1 << 9;
    uint256 internal constant SET_APART = 1 << 10;

    struct SignedDebit {
        uint256 member;
        uint80 total;
        bytes32 history;
        bytes signature;
        /// Whether the service accepted it, so that a credit passes it on.
        bool accepted;
        IClearingHouse.Credit credit;
    }

    /// @dev What a payee could rely on when it was written down: I7.
    struct Promise {
        uint256 amount;
        uint256 credited;
        uint256 until;
    }

    uint256[MEMBERS] internal _keys = [uint256(0xA1), 0xB2, 0xC3, 0xD4];
    address[MEMBERS] public members;
    /// @dev 0: the member owns itself.
    uint256[MEMBERS] internal _ownerKeys;
    bool[MEMBERS] internal _ownerP256;
    uint256[] internal _creditKeys;

    SignedDebit[] internal _debits;
    IClearingHouse.Credit[] internal _credits;

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
    Promise[MEMBERS] public promises;

    // What was seen last, to see totals rise.
    uint256[MEMBERS] private _debitedBefore;
    uint256[MEMBERS] private _creditedBefore;
    bool public totalsFell;
    /// @dev Calls of the handler so far.
    uint256 public steps;

    function setUpMembers() internal {
        setUpClearing();
        for (uint256 i = 0; i < MEMBERS; ++i) members[i] = i == P256 ? addrP256(_keys[i]) : vm.addr(_keys[i]);
        _creditKeys.push(CREDIT_KEY);
        string[] memory names = new string[](11);
        (names[0], names[1], names[2], names[3]) = ("new", "funded", "leaving", "window over");
        (names[4], names[5], names[6], names[7]) = ("owned", "reserve", "release announced", "release due");
        (names[8], names[9], names[10]) = ("credit key replaced", "pool short", "set apart");
        nameStates(names);
    }

    /// @dev Around every action: totals are watched.
    modifier step() {
        _;
        ++steps;
        for (uint256 i = 0; i < MEMBERS; ++i) {
            IClearingHouse.Account memory account = house.accountOf(asset, members[i]);
            if (account.debited < _debitedBefore[i] || account.credited < _creditedBefore[i]) totalsFell = true;
            (_debitedBefore[i], _creditedBefore[i]) = (account.debited, account.credited);
        }
    }

    // ------------------------------------------------------------------ state

    function receiver(uint256 member) public pure returns (address) {
        return address(uint160(0xEE00 + member));
    }

    function statesOf(uint256 who) public view returns (uint256 states) {
        address member = members[who];
        IClearingHouse.Account memory account = house.accountOf(asset, member);
        if (account.balance == 0 && account.debited == 0 && account.credited == 0) states |= NEW;
        if (account.balance > 0) states |= FUNDED;
        (, uint256 endsAt) = house.exitOf(asset, member);
        if (endsAt > 0) states |= block.timestamp < endsAt ? LEAVING : WINDOW_OVER;
        if (house.ownerOf(member) != address(0)) states |= OWNED;
        if (house.reserveOf(asset, member) > 0) states |= RESERVE;
        uint256 amount;
        (amount, endsAt) = house.releaseOf(asset, member);
        if (amount > 0) states |= block.timestamp < endsAt ? RELEASE : RELEASE_DUE;
        (, uint256 until) = house.previousCreditKey();
        if (block.timestamp < until) states |= KEY_REPLACED;
        if (dueOf(who) > house.poolOf(asset)) states |= POOL_SHORT;
        if (house.setApartOf(asset, receiver(who)) > 0) states |= SET_APART;
    }

    /// @dev What a member has earned and not been paid yet.
    function dueOf(uint256 who) public view returns (uint256) {
        uint256 credited = house.accountOf(asset, members[who]).credited;
        return creditTotal[who] > credited ? creditTotal[who] - credited : 0;
    }

    /// @dev What a member can still spend: what it has and has coming, less what it has promised.
    function available(uint256 who) public view returns (uint256) {
        IClearingHouse.Account memory account = house.accountOf(asset, members[who]);
        uint256 has = account.balance + dueOf(who);
        uint256 owes = debitTotal[who] > account.debited ? debitTotal[who] - account.debited : 0;
        return has > owes ? has - owes : 0;
    }

    /// @dev A payee's reserve less what is announced to go.
    function guaranteed(uint256 who) public view returns (uint256) {
        uint256 reserved = house.reserveOf(asset, members[who]);
        (uint256 announced,) = house.releaseOf(asset, members[who]);
        return reserved > announced ? reserved - announced : 0;
    }

    /// @dev Everything that the contract says it owes or keeps.
    function internalSum(address asset_) public view returns (uint256 sum) {
        sum = house.poolOf(asset_);
        for (uint256 i = 0; i < MEMBERS; ++i) {
            sum += house.accountOf(asset_, members[i]).balance + house.reserveOf(asset_, members[i])
                + house.setApartOf(asset_, receiver(i));
        }
    }

    // --------------------------------------------------------------- messages

    function sign(uint256 key, bool p256, bytes32 digest) internal pure returns (bytes memory) {
        return p256 ? sign128(key, digest) : sign64(key, digest);
    }

    function signAsMember(uint256 who, bytes32 digest) internal view returns (bytes memory) {
        return sign(_keys[who], who == P256, digest);
    }

    function signAsOwner(uint256 who, bytes32 digest) internal view returns (bytes memory) {
        return _ownerKeys[who] == 0 ? signAsMember(who, digest) : sign(_ownerKeys[who], _ownerP256[who], digest);
    }

    function signDebit(uint256 who, uint256 total, bool accepted) internal {
        bytes32 history = keccak256(abi.encode("history", _debits.length));
        SignedDebit storage debit = _debits.push();
        (debit.member, debit.total, debit.history, debit.accepted) = (who, uint80(total), history, accepted);
        debit.signature = signAsMember(who, debitDigest(asset, total, history));
        if (total > highestSigned[who]) highestSigned[who] = total;
    }

    function messageOf(uint256 index) public view returns (IClearingHouse.Debit memory, IClearingHouse.Credit memory) {
        SignedDebit storage debit = _debits[index];
        return (IClearingHouse.Debit(asset, debit.total, debit.history, debit.signature), debit.credit);
    }

    function debitCount() external view returns (uint256) {
        return _debits.length;
    }

    /// @dev The member's newest accepted debit; false where there is none.
    function newestAccepted(uint256 who) external view returns (bool found, uint256 index) {
        for (index = _debits.length; index > 0; --index) {
            if (_debits[index - 1].member == who && _debits[index - 1].accepted) return (true, index - 1);
        }
    }

    /// @dev A proof by the credit key of now.
    function proofNow(IClearingHouse.Credit memory credit) public view returns (IClearingHouse.Proof memory) {
        return proofOf(_creditKeys[_creditKeys.length - 1], credit);
    }

    function proofWith(uint256 key, IClearingHouse.Credit memory credit)
        external
        view
        returns (IClearingHouse.Proof memory)
    {
        return proofOf(key, credit);
    }

    /// @dev For somebody who is no member: a debit, and its word for a withdrawal and then an exit to STRANGER.
    function debitBy(uint256 key, uint256 total) external view returns (IClearingHouse.Debit memory) {
        return debitOf(key, total, bytes32("bystander"));
    }

    function leavingBy(uint256 key, uint256 amount) external view returns (bytes memory, bytes memory) {
        address account = vm.addr(key);
        return (
            withdrawal(key, account, STRANGER, amount, 0, FOREVER), exitRequest(key, account, STRANGER, 1, FOREVER)
        );
    }

    function replacedKeys() external view returns (uint256[] memory) {
        return _creditKeys;
    }

    // ------------------------------------------------------------------ calls

    /// @dev Calls the clearing house as `sender` and checks that it does what is allowed, refuses what is not, and says why by name.
    function attempt(string memory name, uint256 who, address sender, bytes memory data, bool allowed)
        internal
        returns (bool done, bytes memory result)
    {
        uint256 states = statesOf(who);
        vm.prank(sender);
        (done, result) = address(house).call(data);
        note(name, states, done);
        vm.assertEq(done, allowed, string.concat(name, allowed ? " refused what is allowed" : " did what is not allowed"));
        if (!done) assertNamed(name, result);
    }

    /// @dev A refusal without a name would be arithmetic that nobody thought of.
    function assertNamed(string memory name, bytes memory result) internal pure {
        bytes4 selector = bytes4(result);
        bool named = result.length >= 4 && selector != bytes4(0x4e487b71) && selector != bytes4(0x08c379a0);
        vm.assertTrue(named, string.concat(name, " refused without a name"));
    }
}
