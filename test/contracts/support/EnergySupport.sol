// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {EnergyCredit} from "../../../contracts/energy/EnergyCredit.sol";
import {EnergyMeter} from "../../../contracts/energy/EnergyMeter.sol";
import {IEnergyMeter} from "../../../contracts/energy/IEnergyMeter.sol";
import {BatchBuilder} from "./BatchBuilder.sol";
import {ClearingSupport} from "./ClearingSupport.sol";

/// @title EnergySupport: an energy meter beside a clearing house that lists its credit
/// @notice Alice owns producers, Bob consumers. A device of 3 600 W makes at most 1 000 mWh a second.
abstract contract EnergySupport is ClearingSupport {
    uint8 internal constant PRODUCER = 1;
    uint8 internal constant CONSUMER = 2;
    uint64 internal constant WATTS = 3_600;
    uint256 internal constant PANEL = 0x9A7E1;
    uint256 internal constant RACK = 0x7AC6;
    bytes32 internal constant DETAIL = keccak256("interval data");

    address internal issuer = vm.addr(0x155EE7);
    address internal panel = vm.addr(PANEL);
    address internal rack = vm.addr(RACK);

    EnergyMeter internal meter;
    EnergyCredit internal credit;

    function setUpEnergy() internal {
        setUpClearing();
        meter = EnergyMeter(deploy("EnergyMeter", abi.encode(address(house), issuer)));
        credit = EnergyCredit(meter.credit());
        vm.prank(cold);
        house.listAsset(address(credit));
    }

    // ------------------------------------------------------------- messages

    function meterDigest(bytes32 structHash) internal view returns (bytes32) {
        return typedDigest(domainOf("Sunledger", "1", address(meter)), structHash);
    }

    function approvalOf(address device, address owner, uint8 kind) internal pure returns (IEnergyMeter.Approval memory) {
        return IEnergyMeter.Approval(device, owner, kind, WATTS, 0, 0, 0, bytes32("region"), bytes32("vintage"));
    }

    function approvalDigest(IEnergyMeter.Approval memory a) internal view returns (bytes32) {
        bytes32 typeHash = keccak256(
            "Approval(address meter,address owner,uint8 kind,uint64 capacityWatts,uint16 marginBps,"
            "uint128 startMilliWh,uint128 startComputeUnits,bytes32 region,bytes32 vintage)"
        );
        bytes memory head = abi.encode(typeHash, a.meter, a.owner, a.kind, a.capacityWatts, a.marginBps);
        return meterDigest(
            keccak256(bytes.concat(head, abi.encode(a.startMilliWh, a.startComputeUnits, a.region, a.vintage)))
        );
    }

    function readingDigest(address device, uint256 time, uint256 energy, uint256 compute, bytes32 detail)
        internal
        view
        returns (bytes32)
    {
        bytes32 typeHash =
            keccak256("Reading(address meter,uint64 timestamp,uint128 energyMilliWh,uint128 computeUnits,bytes32 detail)");
        return meterDigest(keccak256(abi.encode(typeHash, device, time, energy, compute, detail)));
    }

    function deliveryDigest(address owner, bool toClearing, address accountOwner, uint256 nonce)
        internal
        view
        returns (bytes32)
    {
        bytes32 typeHash = keccak256("Delivery(address owner,bool toClearing,address accountOwner,uint64 nonce)");
        return meterDigest(keccak256(abi.encode(typeHash, owner, toClearing, accountOwner, nonce)));
    }

    /// @dev One reading of a batch.
    function reading(uint256 key, uint256 time, uint256 energy, uint256 compute) internal view returns (bytes memory) {
        address device = vm.addr(key);
        return bytes.concat(
            body(device, time, energy, compute), sign64(key, readingDigest(device, time, energy, compute, DETAIL))
        );
    }

    function body(address device, uint256 time, uint256 energy, uint256 compute) internal pure returns (bytes memory) {
        return bytes.concat(
            abi.encodePacked(device, uint40(time)),
            BatchBuilder.number(energy, 9),
            BatchBuilder.number(compute, 9),
            abi.encodePacked(DETAIL)
        );
    }

    function readings(uint8 flags, uint16 count, bytes memory entries) internal pure returns (bytes memory) {
        return abi.encodePacked(uint8(1), flags, count, entries);
    }

    // -------------------------------------------------------------- actions

    function approve(uint256 ownerKey, IEnergyMeter.Approval memory approval) internal {
        bytes memory signature = sign64(ownerKey, approvalDigest(approval));
        vm.prank(issuer);
        meter.approve(approval, signature);
    }

    function approvePanel() internal {
        approve(ALICE, approvalOf(panel, alice, PRODUCER));
    }

    function approveRack() internal {
        approve(BOB, approvalOf(rack, bob, CONSUMER));
    }

    function read(uint256 key, uint256 time, uint256 energy) internal returns (uint256 accepted) {
        return meter.submit(readings(0, 1, reading(key, time, energy, 0)));
    }

    // -------------------------------------------------------------- results

    /// @dev I9: credits in existence = produced − consumed + owed.
    function assertSupply() internal view {
        (uint256 produced, uint256 consumed, uint256 owed) = meter.totals();
        vm.assertEq(credit.totalSupply() + consumed, produced + owed, "I9");
        vm.assertEq(credit.balanceOf(address(meter)), 0, "the meter keeps nothing");
    }

    function assertTotals(uint256 produced, uint256 consumed, uint256 owed) internal view {
        (uint256 actualProduced, uint256 actualConsumed, uint256 actualOwed) = meter.totals();
        vm.assertEq(actualProduced, produced, "produced");
        vm.assertEq(actualConsumed, consumed, "consumed");
        vm.assertEq(actualOwed, owed, "owed");
        assertSupply();
    }
}
