// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {EnergyCredit} from "../../../contracts/energy/EnergyCredit.sol";
import {EnergyMeter} from "../../../contracts/energy/EnergyMeter.sol";
import {IEnergyMeter} from "../../../contracts/energy/IEnergyMeter.sol";
import {EnergySupport} from "../support/EnergySupport.sol";
import {Reach} from "../support/Reach.sol";
import {Vm} from "../support/Vm.sol";

/// @title EnergyHandler: meters, owners and their credits in everybody's hands
/// @notice Three owners, each with producers and consumers, on both curves. Devices sign readings that are good, stale, too high, in
/// the future or by the wrong key; every reading ever signed may be submitted again, also after its device was revoked. Credits are
/// sent, authorized, deposited, withdrawn and retired in between. Of every call it is known beforehand whether it must be done or
/// refused.
contract EnergyHandler is EnergySupport, Reach {
    uint256 public constant OWNERS = 3;

    // States of an owner and of a device when something is done.
    uint256 private constant OWES = 1 << 0;
    uint256 private constant OWES_NOTHING = 1 << 1;
    uint256 private constant WALLET_EMPTY = 1 << 2;
    uint256 private constant TO_CLEARING = 1 << 3;
    uint256 private constant BOUND = 1 << 4;
    uint256 private constant PRODUCING = 1 << 5;
    uint256 private constant CONSUMING = 1 << 6;
    uint256 private constant ON_SECP256K1 = 1 << 7;
    uint256 private constant ON_P256 = 1 << 8;
    uint256 private constant REVOKED = 1 << 9;

    struct Signed {
        uint256 device;
        uint256 time;
        bytes entry;
    }

    struct Device {
        uint256 key;
        bool p256;
        address account;
        uint256 owner;
        uint8 kind;
        uint256 watts;
        uint256 marginBps;
        uint256 start;
        uint256 approvedAt;
        bool revoked;
        uint256 countedWhenRevoked;
    }

    uint256[OWNERS] private _ownerKeys = [uint256(0xA1), 0xB2, 0xC3];
    address[OWNERS] public owners;
    Device[] public devices;
    Signed[] private _signed;
    uint256 private _salts;
    uint256 public accepted;

    constructor() {
        setUpEnergy();
        string[] memory names = new string[](10);
        (names[0], names[1], names[2], names[3]) = ("owes", "owes nothing", "wallet empty", "delivers to clearing");
        (names[4], names[5], names[6], names[7]) = ("account owned", "producer", "consumer", "secp256k1");
        (names[8], names[9]) = ("P-256", "revoked");
        nameStates(names);
        for (uint256 i = 0; i < OWNERS; ++i) owners[i] = vm.addr(_ownerKeys[i]);
        for (uint256 i = 0; i < OWNERS; ++i) {
            _addDevice(i, PRODUCER, 3_600, 0, 0, i == 1);
            _addDevice(i, CONSUMER, 7, 333, 12_345, i == 2);
        }
    }

    function energyMeter() external view returns (EnergyMeter) {
        return meter;
    }

    function energyCredit() external view returns (EnergyCredit) {
        return credit;
    }

    function deviceCount() external view returns (uint256) {
        return devices.length;
    }

    // ------------------------------------------------------------------ state

    function statesOf(uint256 who) private view returns (uint256 states) {
        address owner = owners[who];
        states = meter.owedOf(owner) > 0 ? OWES : OWES_NOTHING;
        if (credit.balanceOf(owner) == 0) states |= WALLET_EMPTY;
        (bool toClearing,) = meter.deliveryOf(owner);
        if (toClearing) states |= TO_CLEARING;
        if (house.ownerOf(owner) != address(0)) states |= BOUND;
    }

    function statesOfDevice(uint256 which) private view returns (uint256 states) {
        Device storage device = devices[which];
        states = statesOf(device.owner) | (device.kind == PRODUCER ? PRODUCING : CONSUMING);
        states |= device.p256 ? ON_P256 : ON_SECP256K1;
        if (device.revoked) states |= REVOKED;
    }

    function addressOf(uint256 which) public view returns (address) {
        return devices[which].account;
    }

    function attempt(string memory name, uint256 states, address target, address sender, bytes memory data, bool allowed)
        private
        returns (bool done)
    {
        vm.prank(sender);
        (done,) = target.call(data);
        note(name, states, done);
        vm.assertEq(done, allowed, string.concat(name, allowed ? " refused what is allowed" : " did what is not allowed"));
    }

    // ---------------------------------------------------------------- devices

    /// @dev A new device, a replacement as well as an addition; sometimes one that is known, or that the owner did not sign for.
    function approve(uint256 owner, bool producer, uint256 watts, uint256 start, uint256 wrong) external {
        if (devices.length >= 16) return;
        owner = owner % OWNERS;
        (watts, start) = (within(watts, 1, 1_000_000), within(start, 0, 1 << 50));
        if (wrong % 4 != 0) {
            uint8 kind = producer ? PRODUCER : CONSUMER;
            _addDevice(owner, kind, watts, within(wrong >> 8, 0, 10_000), start, wrong % 3 == 0);
            note("approve", statesOfDevice(devices.length - 1), true);
            return;
        }
        uint256 which = (wrong >> 8) % devices.length;
        IEnergyMeter.Approval memory a = approvalOf(addressOf(which), owners[owner], PRODUCER);
        bytes memory signature = sign64(_ownerKeys[owner], approvalDigest(a));
        bytes memory data = abi.encodeCall(meter.approve, (a, signature));
        attempt("approve", statesOfDevice(which), address(meter), issuer, data, false);
    }

    function _addDevice(uint256 owner, uint8 kind, uint256 watts, uint256 marginBps, uint256 start, bool p256) private {
        uint256 key = 0xDE1CE000 + devices.length;
        address account = p256 ? addrP256(key) : vm.addr(key);
        devices.push(Device(key, p256, account, owner, kind, watts, marginBps, start, block.timestamp, false, 0));
        IEnergyMeter.Approval memory a = approvalOf(addressOf(devices.length - 1), owners[owner], kind);
        (a.capacityWatts, a.marginBps, a.startMilliWh) = (uint64(watts), uint16(marginBps), uint128(start));
        approve(_ownerKeys[owner], a);
    }

    function revoke(uint256 which, uint256 seed) external {
        which = which % devices.length;
        if (seed % 8 > 1) return;
        address sender = seed % 8 == 0 ? issuer : owners[devices[which].owner];
        bool allowed = seed % 8 == 0 && !devices[which].revoked;
        bytes memory data = abi.encodeCall(meter.revoke, (addressOf(which)));
        if (!attempt("revoke", statesOfDevice(which), address(meter), sender, data, allowed)) return;
        devices[which].revoked = true;
        devices[which].countedWhenRevoked = counted(which);
    }

    // --------------------------------------------------------------- readings

    /// @dev What a device may say: mostly what it could have measured since its last accepted reading.
    function signReading(uint256 which, uint256 seed) public {
        which = which % devices.length;
        Device memory device = devices[which];
        IEnergyMeter.Meter memory state = meter.meterOf(addressOf(which));
        uint256 time = within(seed >> 8, state.timestamp, block.timestamp);
        uint256 most = (device.watts * (10_000 + device.marginBps) * (time - state.timestamp)) / 36_000;
        uint256 energy = state.energyMilliWh + within(seed >> 72, 0, most);
        uint256 compute = state.computeUnits + (seed >> 200) % 100;
        if (seed % 16 == 1) energy += most + 1;
        if (seed % 16 == 2) energy = energy / 2;
        if (seed % 16 == 3) time = block.timestamp + 1 + seed % 100;
        if (seed % 16 == 5) compute = compute / 2;
        if (seed % 16 == 6) energy = (1 << 64) + seed % 100;
        bytes memory entry = entryOf(which, time, energy, compute);
        if (seed % 16 == 4) entry[80] ^= 0x01;
        if (seed % 64 == 7) entry[0] ^= 0x01;
        _signed.push(Signed(which, time, entry));
        note("sign a reading", statesOfDevice(which), true);
    }

    function entryOf(uint256 which, uint256 time, uint256 energy, uint256 compute) private view returns (bytes memory) {
        address device = addressOf(which);
        bytes32 digest = readingDigest(device, time, energy, compute, DETAIL);
        uint256 key = devices[which].key;
        return bytes.concat(
            body(device, time, energy, compute), devices[which].p256 ? sign128(key, digest) : sign64(key, digest)
        );
    }

    /// @dev A batch of up to six readings, from all that were ever signed, new ones among them, in a section for each curve; sometimes
    /// of another version.
    function submitSome(uint256 seed, uint256 wrong) external {
        for (uint256 i = 0; i < 3; ++i) signReading(seed >> (8 * i), uint256(keccak256(abi.encode(seed, i))));
        bytes[2] memory entries;
        uint16[2] memory counts;
        uint256[6] memory used;
        for (uint256 i = 0; i < 6; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            uint256 back = i < 3 ? seed % 4 : seed % _signed.length;
            used[i] = _signed.length - 1 - (back % _signed.length);
            uint256 curve = devices[_signed[used[i]].device].p256 ? 1 : 0;
            entries[curve] = bytes.concat(entries[curve], _signed[used[i]].entry);
            ++counts[curve];
        }
        bytes memory batch = bytes.concat(
            readings(0, counts[0], entries[0]), abi.encodePacked(uint8(1), counts[1], entries[1])
        );
        if (wrong % 16 == 0) batch[0] = 0x02;
        _submit(batch, used, wrong % 16 != 0);
    }

    function _submit(bytes memory batch, uint256[6] memory used, bool allowed) private {
        uint256[6] memory states;
        uint256[6] memory before;
        for (uint256 i = 0; i < 6; ++i) {
            states[i] = statesOfDevice(_signed[used[i]].device);
            before[i] = lastTimeOf(used[i]);
        }
        vm.recordLogs();
        bytes memory data = abi.encodeCall(meter.submit, (batch));
        bool done = attempt("submit", states[0], address(meter), address(0x57A46E), data, allowed);
        countRefusals(states[0]);
        for (uint256 i = 0; i < 6; ++i) {
            uint256 time = _signed[used[i]].time;
            bool counts = done && before[i] < time && lastTimeOf(used[i]) >= time;
            if (counts) ++accepted;
            note("a reading", states[i], counts);
        }
    }

    function lastTimeOf(uint256 signed) private view returns (uint256) {
        return meter.meterOf(addressOf(_signed[signed].device)).timestamp;
    }

    /// @dev Each reason for which a reading is skipped, by its number.
    function countRefusals(uint256 states) private {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].topics[0] != IEnergyMeter.ReadingRefused.selector) continue;
            (, uint256 reason) = abi.decode(logs[i].data, (uint64, uint256));
            note(string.concat("skip a reading for reason ", vm.toString(reason)), states, false);
        }
    }

    // ---------------------------------------------------------------- credits

    function retire(uint256 who) external {
        uint256 states = statesOf(who % OWNERS);
        note("retire", states, meter.retire(owners[who % OWNERS]) > 0);
    }

    /// @dev What an owner can send is what it holds beyond what it owes; one more is refused.
    function send(uint256 from, uint256 to, uint256 amount, uint256 wrong) external {
        from = from % OWNERS;
        uint256 most = free(owners[from]);
        amount = wrong % 8 == 0 ? most + 1 : amount % (most + 1);
        bytes memory data = abi.encodeCall(credit.transfer, (owners[to % OWNERS], amount));
        attempt("send", statesOf(from), address(credit), owners[from], data, wrong % 8 != 0);
    }

    function sendByAuthorization(uint256 from, uint256 to, uint256 amount, uint256 wrong) external {
        (from, to) = (from % OWNERS, to % OWNERS);
        uint256 most = free(owners[from]);
        amount = wrong % 8 == 0 ? most + 1 : amount % (most + 1);
        bytes32 salt = bytes32(++_salts);
        bytes memory signature = sign65(_ownerKeys[from], sendDigest(from, to, amount, salt));
        bytes memory data = abi.encodeWithSignature(
            "transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,bytes)",
            owners[from], owners[to], amount, 0, FOREVER, salt, signature
        );
        attempt("send by authorization", statesOf(from), address(credit), address(0x57A46E), data, wrong % 8 != 0);
    }

    function sendDigest(uint256 from, uint256 to, uint256 amount, bytes32 salt) private view returns (bytes32) {
        bytes32 typeHash = keccak256(
            "TransferWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
        );
        bytes memory head = abi.encode(typeHash, owners[from], owners[to], amount, uint256(0));
        return typedDigest(
            domainOf("Energy Credit", "1", address(credit)),
            keccak256(bytes.concat(head, abi.encode(uint256(FOREVER), salt)))
        );
    }

    function deposit(uint256 from, uint256 to, uint256 amount, uint256 wrong) external {
        (from, to) = (from % OWNERS, to % OWNERS);
        uint256 most = free(owners[from]);
        amount = wrong % 8 == 0 ? most + 1 : amount % (most + 1);
        vm.prank(owners[from]);
        credit.approve(address(house), amount);
        address owner = house.ownerOf(owners[to]);
        bytes memory data = abi.encodeCall(house.deposit, (address(credit), owners[to], owner, amount));
        attempt("deposit", statesOf(from), address(house), owners[from], data, wrong % 8 != 0 && amount > 0);
    }

    function withdraw(uint256 who, uint256 amount) external {
        who = who % OWNERS;
        address account = owners[who];
        uint256 most = house.accountOf(address(credit), account).balance;
        amount = amount % (most + 1);
        uint256 nonce = house.nonceOf(address(credit), account);
        asset = address(credit);
        uint256 key = house.ownerOf(account) == address(0) ? _ownerKeys[who] : FLEET;
        bytes memory signature = withdrawal(key, account, account, amount, nonce, FOREVER);
        bytes memory data = abi.encodeCall(
            house.withdraw, (address(credit), account, account, uint80(amount), FOREVER, signature)
        );
        attempt("withdraw", statesOf(who), address(house), operator, data, amount > 0);
    }

    /// @dev Afterwards only deliveries that name the new owner go to the account.
    function bindOwner(uint256 who, uint256 seed) external {
        who = who % OWNERS;
        if (seed % 16 != 0 || house.ownerOf(owners[who]) != address(0)) return;
        note("bindOwner", statesOf(who), true);
        bind(_ownerKeys[who], owners[who], fleet);
    }

    function chooseDelivery(uint256 who, bool toClearing, uint256 named) external {
        who = who % OWNERS;
        bytes memory data = abi.encodeCall(meter.chooseDelivery, (toClearing, namedOwner(named)));
        attempt("chooseDelivery", statesOf(who), address(meter), owners[who], data, true);
    }

    function namedOwner(uint256 seed) private view returns (address) {
        return seed % 4 == 0 ? address(0xBAD) : seed % 4 == 1 ? fleet : address(0);
    }

    function chooseDeliveryWithSignature(uint256 who, bool toClearing, uint256 named, uint256 wrong) external {
        who = who % OWNERS;
        uint256 nonce = meter.deliveryNonceOf(owners[who]);
        bytes32 digest = deliveryDigest(owners[who], toClearing, namedOwner(named), wrong % 4 == 0 ? nonce + 1 : nonce);
        bytes memory data = abi.encodeCall(
            meter.chooseDeliveryWithSignature,
            (owners[who], toClearing, namedOwner(named), sign64(_ownerKeys[who], digest))
        );
        uint256 states = statesOf(who);
        attempt("chooseDeliveryWithSignature", states, address(meter), address(0x57A46E), data, wrong % 4 != 0);
    }

    function pass(uint256 who, uint256 time) external {
        note("time passes", statesOf(who % OWNERS), true);
        vm.warp(block.timestamp + within(time, 1, 1 days));
    }

    // ------------------------------------------------------------- other books

    /// @dev What an owner can send: what its wallet holds beyond what it owes.
    function free(address owner) private view returns (uint256) {
        (uint256 held, uint256 owed) = (credit.balanceOf(owner), meter.owedOf(owner));
        return held > owed ? held - owed : 0;
    }

    /// @dev What of a device's total has counted: everything between its starting total and its last accepted one, once.
    function counted(uint256 which) public view returns (uint256) {
        return meter.meterOf(addressOf(which)).energyMilliWh - devices[which].start;
    }

    function countedOf(uint8 kind) external view returns (uint256 sum) {
        for (uint256 i = 0; i < devices.length; ++i) if (devices[i].kind == kind) sum += counted(i);
    }

    /// @dev What a device can have measured from its approval to its last accepted reading.
    function mostOf(uint256 which) external view returns (uint256) {
        Device memory device = devices[which];
        uint256 time = meter.meterOf(addressOf(which)).timestamp - device.approvedAt;
        return (device.watts * (10_000 + device.marginBps) * time) / 36_000;
    }

    function heldByAll() external view returns (uint256 sum) {
        sum = credit.balanceOf(address(house));
        for (uint256 i = 0; i < OWNERS; ++i) sum += credit.balanceOf(owners[i]);
    }

    function owedByAll() external view returns (uint256 sum) {
        for (uint256 i = 0; i < OWNERS; ++i) sum += meter.owedOf(owners[i]);
    }
}
