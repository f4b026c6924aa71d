// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {IEnergyMeter} from "../../../contracts/energy/IEnergyMeter.sol";
import {EnergySupport} from "../support/EnergySupport.sol";

/// @title Who may meter, for whom, and where new credits go
contract ApprovalTest is EnergySupport {
    uint256 private constant MAX_LIMIT = type(uint48).max;

    function setUp() external {
        setUpEnergy();
    }

    // ----------------------------------------------------------- construction

    function test_Construction() external view {
        vm.assertEq(meter.clearingHouse(), address(house), "clearing house");
        vm.assertEq(address(credit.meter()), address(meter), "the credit's meter");
        vm.assertEq(meter.ISSUER_ROLE(), keccak256("ISSUER_ROLE"), "role");
        vm.assertTrue(meter.hasRole(meter.ISSUER_ROLE(), issuer), "issuer");
        vm.assertTrue(meter.hasRole(bytes32(0), issuer), "admin");
        vm.assertEq(meter.DOMAIN_SEPARATOR(), domainOf("Sunledger", "1", address(meter)), "domain");
        assertTotals(0, 0, 0);
    }

    function test_ConstructionRefusals() external {
        address made = deploy("EnergyMeter", abi.encode(address(house), address(0)));
        assertNotDeployed(made, abi.encodeWithSelector(IEnergyMeter.EnergyMeter_ZeroAddress.selector));
        made = deploy("EnergyMeter", abi.encode(alice, issuer));
        assertNotDeployed(made, abi.encodeWithSelector(IEnergyMeter.EnergyMeter_NoContract.selector, alice));
    }

    // --------------------------------------------------------------- approval

    function test_Approving() external {
        IEnergyMeter.Approval memory a = IEnergyMeter.Approval(
            panel, alice, PRODUCER, 5_000, 250, 77, 88, bytes32("EU-DE"), bytes32("2024")
        );
        bytes memory signature = sign64(ALICE, approvalDigest(a));
        vm.expectEmit(address(meter));
        emit IEnergyMeter.MeterApproved(panel, alice, PRODUCER, 5_000, 250, 77, bytes32("EU-DE"), bytes32("2024"));
        vm.prank(issuer);
        meter.approve(a, signature);
        IEnergyMeter.Meter memory m = meter.meterOf(panel);
        vm.assertEq(m.owner, alice, "owner");
        vm.assertEq(m.kind, PRODUCER, "kind");
        vm.assertEq(m.state, 1, "state");
        vm.assertEq(m.capacityWatts, 5_000, "capacity");
        vm.assertEq(m.marginBps, 250, "margin");
        vm.assertEq(m.timestamp, START, "timestamp");
        vm.assertEq(m.energyMilliWh, 77, "energy");
        vm.assertEq(m.computeUnits, 88, "compute");
        m = meter.meterOf(rack);
        vm.assertEq(m.owner, address(0), "nobody's");
        vm.assertEq(m.state, 0, "unknown");
    }

    function expectRefusal(IEnergyMeter.Approval memory a, bytes memory refusal) private {
        bytes memory signature = sign64(ALICE, approvalDigest(a));
        vm.prank(issuer);
        vm.expectRevert(refusal);
        meter.approve(a, signature);
    }

    function test_ApprovalRefusals() external {
        IEnergyMeter.Approval memory a = approvalOf(address(0), alice, PRODUCER);
        expectRefusal(a, abi.encodeWithSelector(IEnergyMeter.EnergyMeter_ZeroAddress.selector));
        a = approvalOf(panel, address(0), PRODUCER);
        expectRefusal(a, abi.encodeWithSelector(IEnergyMeter.EnergyMeter_ZeroAddress.selector));
        a = approvalOf(panel, address(house), PRODUCER);
        expectRefusal(a, abi.encodeWithSelector(IEnergyMeter.EnergyMeter_OwnerIsClearingHouse.selector, address(house)));
        a = approvalOf(panel, alice, 0);
        expectRefusal(a, abi.encodeWithSelector(IEnergyMeter.EnergyMeter_BadKind.selector, uint8(0)));
        a = approvalOf(panel, alice, 3);
        expectRefusal(a, abi.encodeWithSelector(IEnergyMeter.EnergyMeter_BadKind.selector, uint8(3)));
        a = approvalOf(panel, alice, PRODUCER);
        a.marginBps = 10_001;
        expectRefusal(
            a, abi.encodeWithSelector(IEnergyMeter.EnergyMeter_BadMargin.selector, uint16(10_000), uint16(10_001))
        );
        a = approvalOf(panel, alice, PRODUCER);
        a.capacityWatts = 0;
        expectRefusal(a, abi.encodeWithSelector(IEnergyMeter.EnergyMeter_BadCapacity.selector, uint64(0)));
        a.capacityWatts = uint64(MAX_LIMIT / 10_000 + 1);
        expectRefusal(a, abi.encodeWithSelector(IEnergyMeter.EnergyMeter_BadCapacity.selector, a.capacityWatts));
        a.capacityWatts = type(uint64).max;
        expectRefusal(a, abi.encodeWithSelector(IEnergyMeter.EnergyMeter_BadCapacity.selector, a.capacityWatts));
        uint256 most = type(uint64).max;
        a = approvalOf(panel, alice, PRODUCER);
        a.startMilliWh = uint128(most + 1);
        expectRefusal(a, abi.encodeWithSelector(IEnergyMeter.EnergyMeter_TotalTooLarge.selector, most, most + 1));
        a = approvalOf(panel, alice, PRODUCER);
        a.startComputeUnits = uint128(most + 2);
        expectRefusal(a, abi.encodeWithSelector(IEnergyMeter.EnergyMeter_TotalTooLarge.selector, most, most + 2));
        a = approvalOf(panel, bob, PRODUCER);
        expectRefusal(a, abi.encodeWithSelector(IEnergyMeter.EnergyMeter_WrongSigner.selector, bob, alice));
        vm.prank(issuer);
        vm.expectRevert(
            abi.encodeWithSelector(IEnergyMeter.EnergyMeter_WrongSigner.selector, alice, address(0))
        );
        meter.approve(approvalOf(panel, alice, PRODUCER), new bytes(64));
    }

    function test_TheGreatestCapacityAndTotals() external {
        IEnergyMeter.Approval memory a = approvalOf(panel, alice, PRODUCER);
        a.capacityWatts = uint64(MAX_LIMIT / 10_000);
        (a.startMilliWh, a.startComputeUnits) = (type(uint64).max, type(uint64).max);
        approve(ALICE, a);
        a.meter = rack;
        (a.capacityWatts, a.marginBps) = (uint64(MAX_LIMIT / 20_000), 10_000);
        approve(ALICE, a);
        // To the last unit: 2^48 - 1 is 28_082_906_985 times 10_023.
        a.meter = vm.addr(0xED6E);
        (a.capacityWatts, a.marginBps) = (uint64(MAX_LIMIT / 10_023), 23);
        approve(ALICE, a);
        vm.assertEq(meter.meterOf(a.meter).capacityWatts, 28_082_906_985, "capacity");
        vm.assertEq(meter.meterOf(panel).energyMilliWh, type(uint64).max, "energy");
    }

    function test_EachPartOfAnApprovalIsSigned() external {
        bytes memory signature = sign64(ALICE, approvalDigest(approvalOf(panel, alice, PRODUCER)));
        vm.startPrank(issuer);
        for (uint256 i = 0; i < 8; ++i) {
            IEnergyMeter.Approval memory a = approvalOf(panel, alice, PRODUCER);
            if (i == 0) a.meter = rack;
            if (i == 1) a.kind = CONSUMER;
            if (i == 2) a.capacityWatts += 1;
            if (i == 3) a.marginBps += 1;
            if (i == 4) a.startMilliWh += 1;
            if (i == 5) a.startComputeUnits += 1;
            if (i == 6) a.region = bytes32("elsewhere");
            if (i == 7) a.vintage = bytes32("another year");
            vm.expectRevert();
            meter.approve(a, signature);
        }
        meter.approve(approvalOf(panel, alice, PRODUCER), signature);
    }

    function test_ADeviceIsApprovedOnceEver() external {
        approvePanel();
        IEnergyMeter.Approval memory a = approvalOf(panel, alice, CONSUMER);
        expectRefusal(a, abi.encodeWithSelector(IEnergyMeter.EnergyMeter_MeterKnown.selector, panel));
        vm.prank(issuer);
        meter.revoke(panel);
        expectRefusal(a, abi.encodeWithSelector(IEnergyMeter.EnergyMeter_MeterKnown.selector, panel));
    }

    function test_OnlyTheIssuerApprovesAndRevokes() external {
        bytes memory refusal = abi.encodeWithSelector(
            IAccessControl.AccessControlUnauthorizedAccount.selector, carol, meter.ISSUER_ROLE()
        );
        vm.startPrank(carol);
        vm.expectRevert(refusal);
        meter.approve(approvalOf(panel, alice, PRODUCER), "");
        vm.expectRevert(refusal);
        meter.revoke(panel);
    }

    function test_Revoking() external {
        vm.prank(issuer);
        vm.expectRevert(abi.encodeWithSelector(IEnergyMeter.EnergyMeter_NotApproved.selector, panel));
        meter.revoke(panel);
        approvePanel();
        vm.prank(issuer);
        vm.expectEmit(address(meter));
        emit IEnergyMeter.MeterRevoked(panel);
        meter.revoke(panel);
        vm.assertEq(meter.meterOf(panel).state, 2, "state");
        vm.assertEq(meter.meterOf(panel).owner, alice, "owner");
        vm.prank(issuer);
        vm.expectRevert(abi.encodeWithSelector(IEnergyMeter.EnergyMeter_NotApproved.selector, panel));
        meter.revoke(panel);
    }

    // --------------------------------------------------------------- delivery

    function test_ChoosingDelivery() external {
        vm.expectEmit(address(meter));
        emit IEnergyMeter.DeliveryChosen(alice, true, fleet);
        vm.prank(alice);
        meter.chooseDelivery(true, fleet);
        (bool toClearing, address accountOwner) = meter.deliveryOf(alice);
        vm.assertTrue(toClearing, "to clearing");
        vm.assertEq(accountOwner, fleet, "account owner");
        vm.assertEq(meter.deliveryNonceOf(alice), 1, "nonce");
        (toClearing, accountOwner) = meter.deliveryOf(bob);
        vm.assertEq(toClearing, false, "the wallet by default");
    }

    function test_ChoosingDeliveryBySignature() external {
        bytes memory signature = sign64(ALICE, deliveryDigest(alice, true, fleet, 0));
        vm.expectEmit(address(meter));
        emit IEnergyMeter.DeliveryChosen(alice, true, fleet);
        vm.prank(carol);
        meter.chooseDeliveryWithSignature(alice, true, fleet, signature);
        vm.expectRevert();
        meter.chooseDeliveryWithSignature(alice, true, fleet, signature);
        vm.expectRevert(abi.encodeWithSelector(IEnergyMeter.EnergyMeter_WrongSigner.selector, address(0), address(0)));
        meter.chooseDeliveryWithSignature(address(0), true, fleet, new bytes(64));
        signature = sign64(BOB, deliveryDigest(alice, false, fleet, 1));
        vm.expectRevert(abi.encodeWithSelector(IEnergyMeter.EnergyMeter_WrongSigner.selector, alice, bob));
        meter.chooseDeliveryWithSignature(alice, false, fleet, signature);
    }

    /// @dev What an owner chose last stands: a signature from before cannot bring an older choice back.
    function test_ADirectChoiceVoidsOlderSignatures() external {
        bytes memory signature = sign64(ALICE, deliveryDigest(alice, true, fleet, 0));
        vm.prank(alice);
        meter.chooseDelivery(false, address(0));
        vm.expectRevert();
        meter.chooseDeliveryWithSignature(alice, true, fleet, signature);
        (bool toClearing,) = meter.deliveryOf(alice);
        vm.assertEq(toClearing, false, "the wallet");
    }
}
