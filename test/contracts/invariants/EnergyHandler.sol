// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {EnergyCredit} from "../../../contracts/energy/EnergyCredit.sol";
import {EnergyMeter} from "../../../contracts/energy/EnergyMeter.sol";
import {IEnergyMeter} from "../../../contracts/energy/IEnergyMeter.sol";
import {EnergySupport} from "../support/EnergySupport.sol";

/// @title EnergyHandler: meters, owners and their credits in everybody's hands
/// @notice Three owners, each with producers and consumers. Devices sign readings that are good, stale, too high, in the future or
/// by the wrong key; every reading ever signed may be submitted again. Credits are sent, deposited, withdrawn and retired in
/// between. No call reverts: what would not be allowed is not tried, so a revert is a finding.
contract EnergyHandler is EnergySupport {
    uint256 public constant OWNERS = 3;

    struct Device {
        uint256 key;
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
    bytes[] private _signed;

    mapping(string => uint256) public done;

    constructor() {
        setUpEnergy();
        for (uint256 i = 0; i < OWNERS; ++i) owners[i] = vm.addr(_ownerKeys[i]);
        for (uint256 i = 0; i < OWNERS; ++i) {
            _addDevice(i, PRODUCER, 3_600, 0, 0);
            _addDevice(i, CONSUMER, 7, 333, 12_345);
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

    // ---------------------------------------------------------------- devices

    /// @dev A new device, a replacement as well as an addition.
    function addDevice(uint256 owner, bool producer, uint256 watts, uint256 marginBps, uint256 start) external {
        if (devices.length >= 16) return;
        ++done["addDevice"];
        _addDevice(
            owner % OWNERS,
            producer ? PRODUCER : CONSUMER,
            within(watts, 1, 1_000_000),
            within(marginBps, 0, 10_000),
            within(start, 0, 1 << 50)
        );
    }

    function _addDevice(uint256 owner, uint8 kind, uint256 watts, uint256 marginBps, uint256 start) private {
        uint256 key = 0xDE1CE000 + devices.length;
        IEnergyMeter.Approval memory a = approvalOf(vm.addr(key), owners[owner], kind);
        (a.capacityWatts, a.marginBps, a.startMilliWh) = (uint64(watts), uint16(marginBps), uint128(start));
        approve(_ownerKeys[owner], a);
        devices.push(Device(key, owner, kind, watts, marginBps, start, block.timestamp, false, 0));
    }

    function revoke(uint256 which, uint256 seed) external {
        which = which % devices.length;
        if (devices[which].revoked || seed % 8 != 0) return;
        ++done["revoke"];
        vm.prank(issuer);
        meter.revoke(vm.addr(devices[which].key));
        devices[which].revoked = true;
        devices[which].countedWhenRevoked = counted(which);
    }

    // --------------------------------------------------------------- readings

    /// @dev What a device may say: mostly what it could have measured since its last accepted reading.
    function signReading(uint256 which, uint256 seed) public {
        Device memory device = devices[which % devices.length];
        IEnergyMeter.Meter memory state = meter.meterOf(vm.addr(device.key));
        uint256 time = within(seed >> 8, state.timestamp, block.timestamp);
        uint256 most = (device.watts * (10_000 + device.marginBps) * (time - state.timestamp)) / 36_000;
        uint256 energy = state.energyMilliWh + within(seed >> 72, 0, most);
        if (seed % 8 == 1) energy += most + 1;
        if (seed % 8 == 2) energy = energy / 2;
        if (seed % 8 == 3) time = block.timestamp + 1 + seed % 100;
        bytes memory entry = reading(device.key, time, energy, state.computeUnits + (seed >> 200) % 100);
        if (seed % 16 == 4) entry[entry.length - 1] ^= 0x01;
        _signed.push(entry);
        ++done["sign"];
    }

    /// @dev A batch of up to six readings, from all that were ever signed, new ones among them, in two sections.
    function submitSome(uint256 seed) external {
        for (uint256 i = 0; i < 3; ++i) signReading(seed >> (8 * i), uint256(keccak256(abi.encode(seed, i))));
        uint256 split = seed % 7;
        bytes memory first = "";
        bytes memory second = "";
        for (uint256 i = 0; i < 6; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            uint256 back = i < 3 ? seed % 4 : seed % _signed.length;
            bytes memory entry = _signed[_signed.length - 1 - (back % _signed.length)];
            if (i < split) first = bytes.concat(first, entry);
            else second = bytes.concat(second, entry);
        }
        uint16 firstCount = uint16(first.length / 139);
        uint16 secondCount = uint16(second.length / 139);
        bytes memory batch =
            bytes.concat(readings(0, firstCount, first), abi.encodePacked(uint8(0), secondCount, second));
        done["accepted"] += meter.submit(batch);
        ++done["submit"];
    }

    // ---------------------------------------------------------------- credits

    function retire(uint256 who) external {
        if (meter.retire(owners[who % OWNERS]) > 0) ++done["retire"];
    }

    function send(uint256 from, uint256 to, uint256 amount) external {
        (address sender, address receiver) = (owners[from % OWNERS], owners[to % OWNERS]);
        amount = amount % (free(sender) + 1);
        vm.prank(sender);
        credit.transfer(receiver, amount);
        ++done["send"];
    }

    function deposit(uint256 from, uint256 to, uint256 amount) external {
        (address sender, address account) = (owners[from % OWNERS], owners[to % OWNERS]);
        uint256 most = free(sender);
        if (most == 0) return;
        amount = within(amount, 1, most);
        address owner = house.ownerOf(account);
        vm.startPrank(sender);
        credit.approve(address(house), amount);
        house.deposit(address(credit), account, owner, amount);
        vm.stopPrank();
        ++done["deposit"];
    }

    function withdraw(uint256 who, uint256 amount) external {
        who = who % OWNERS;
        address account = owners[who];
        uint256 most = house.accountOf(address(credit), account).balance;
        if (most == 0 || house.ownerOf(account) != address(0)) return;
        amount = within(amount, 1, most);
        asset = address(credit);
        uint256 nonce = house.nonceOf(asset, account);
        bytes memory signature = withdrawal(_ownerKeys[who], account, account, amount, nonce, FOREVER);
        vm.prank(operator);
        house.withdraw(asset, account, account, uint80(amount), FOREVER, signature);
        ++done["withdraw"];
    }

    function chooseDelivery(uint256 who, bool toClearing, bool wrongOwner) external {
        vm.prank(owners[who % OWNERS]);
        meter.chooseDelivery(toClearing, wrongOwner ? address(0xBAD) : address(0));
        ++done["chooseDelivery"];
    }

    function pass(uint256 time) external {
        vm.warp(block.timestamp + within(time, 1, 1 days));
        ++done["pass"];
    }

    // ------------------------------------------------------------- other books

    /// @dev What an owner can send: what its wallet holds beyond what it owes.
    function free(address owner) private view returns (uint256) {
        (uint256 held, uint256 owed) = (credit.balanceOf(owner), meter.owedOf(owner));
        return held > owed ? held - owed : 0;
    }

    /// @dev What of a device's total has counted: everything between its starting total and its last accepted one, once.
    function counted(uint256 which) public view returns (uint256) {
        return meter.meterOf(vm.addr(devices[which].key)).energyMilliWh - devices[which].start;
    }

    function countedOf(uint8 kind) external view returns (uint256 sum) {
        for (uint256 i = 0; i < devices.length; ++i) if (devices[i].kind == kind) sum += counted(i);
    }

    /// @dev What a device can have measured from its approval to its last accepted reading.
    function mostOf(uint256 which) external view returns (uint256) {
        Device memory device = devices[which];
        uint256 time = meter.meterOf(vm.addr(device.key)).timestamp - device.approvedAt;
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
