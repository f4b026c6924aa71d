// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {EnergyCredit} from "../../../contracts/energy/EnergyCredit.sol";
import {EnergyMeter} from "../../../contracts/energy/EnergyMeter.sol";
import {IEnergyMeter} from "../../../contracts/energy/IEnergyMeter.sol";
import {EnergySupport} from "../support/EnergySupport.sol";

/// @title Signed readings: what is counted, what is refused, and where credits come and go
contract ReadingsTest is EnergySupport {
    function setUp() external {
        setUpEnergy();
        approvePanel();
        approveRack();
        vm.warp(START + 1_000);
    }

    function expectRefused(address device, uint256 time, IEnergyMeter.Refusal refusal) private {
        vm.expectEmit(address(meter));
        emit IEnergyMeter.ReadingRefused(device, uint64(time), refusal);
    }

    function refuse(uint256 key, uint256 time, uint256 energy, uint256 compute, IEnergyMeter.Refusal refusal) private {
        IEnergyMeter.Meter memory before = meter.meterOf(vm.addr(key));
        expectRefused(vm.addr(key), time, refusal);
        vm.assertEq(meter.submit(readings(0, 1, reading(key, time, energy, compute))), 0, "accepted");
        IEnergyMeter.Meter memory now_ = meter.meterOf(vm.addr(key));
        vm.assertEq(now_.timestamp, before.timestamp, "timestamp");
        vm.assertEq(now_.energyMilliWh, before.energyMilliWh, "energy");
        assertSupply();
    }

    // -------------------------------------------------------------- production

    function test_ProductionIsMintedToTheOwnersWallet() external {
        bytes memory batch = readings(0, 1, reading(PANEL, START + 60, 60_000, 0));
        vm.expectEmit(address(credit));
        emit IERC20.Transfer(address(0), alice, 60_000);
        vm.expectEmit(address(meter));
        emit IEnergyMeter.Submitted(1, 0, 60_000, 0);
        vm.prank(carol);
        vm.assertEq(meter.submit(batch), 1, "accepted");
        vm.assertEq(credit.balanceOf(alice), 60_000, "wallet");
        assertTotals(60_000, 0, 0);
        vm.assertEq(meter.meterOf(panel).timestamp, START + 60, "timestamp");
        vm.assertEq(meter.meterOf(panel).energyMilliWh, 60_000, "total");
    }

    function test_I10_OnlyTheDifferenceIsMinted() external {
        read(PANEL, START + 60, 60_000);
        read(PANEL, START + 120, 90_000);
        vm.assertEq(credit.balanceOf(alice), 90_000, "wallet");
        assertTotals(90_000, 0, 0);
    }

    function test_I10_NothingBelowTheStartingTotalIsMinted() external {
        uint256 key = 0x5EC0;
        IEnergyMeter.Approval memory a = approvalOf(vm.addr(key), alice, PRODUCER);
        a.startMilliWh = 500;
        approve(ALICE, a);
        vm.warp(START + 2_000);
        read(key, START + 2_000, 700);
        vm.assertEq(credit.balanceOf(alice), 200, "wallet");
    }

    function test_AReadingWithoutProductionIsAccepted() external {
        vm.recordLogs();
        vm.assertEq(read(PANEL, START + 60, 0), 1, "accepted");
        vm.assertEq(vm.getRecordedLogs().length, 1, "the batch alone: nothing produced, nothing announced");
        assertTotals(0, 0, 0);
    }

    // ---------------------------------------------------------------- delivery

    function test_DeliveryToTheClearingHouse() external {
        vm.prank(alice);
        meter.chooseDelivery(true, address(0));
        vm.expectEmit(address(meter));
        emit IEnergyMeter.Produced(alice, 60_000, 0, 60_000, true);
        read(PANEL, START + 60, 60_000);
        vm.assertEq(house.accountOf(address(credit), alice).balance, 60_000, "account");
        vm.assertEq(credit.balanceOf(alice), 0, "wallet");
        assertTotals(60_000, 0, 0);
    }

    function test_DeliveryToAnAccountWithAnOwner() external {
        bind(ALICE, alice, fleet);
        vm.prank(alice);
        meter.chooseDelivery(true, fleet);
        read(PANEL, START + 60, 60_000);
        vm.assertEq(house.accountOf(address(credit), alice).balance, 60_000, "account");
    }

    /// @dev The deposit fails, because somebody else owns the account by now: the wallet receives, and nothing is held up.
    function test_I8_WhereTheDepositFailsTheWalletReceives() external {
        vm.prank(alice);
        meter.chooseDelivery(true, address(0));
        bind(ALICE, alice, fleet);
        vm.expectEmit(address(credit));
        emit IERC20.Transfer(address(0), alice, 60_000);
        vm.assertEq(read(PANEL, START + 60, 60_000), 1, "accepted");
        vm.assertEq(credit.balanceOf(alice), 60_000, "wallet");
        assertTotals(60_000, 0, 0);
    }

    function test_I8_AnUnlistedCreditIsDeliveredToWallets() external {
        deployUnlisted();
        approvePanel();
        vm.prank(alice);
        meter.chooseDelivery(true, address(0));
        vm.warp(START + 2_000);
        read(PANEL, START + 2_000, 60_000);
        vm.assertEq(credit.balanceOf(alice), 60_000, "wallet");
        assertSupply();
    }

    function deployUnlisted() private {
        vm.warp(START);
        meter = EnergyMeter(deploy("EnergyMeter", abi.encode(address(house), issuer)));
        credit = EnergyCredit(meter.credit());
    }

    // ------------------------------------------------------------- consumption

    function test_ConsumptionIsRetiredFromTheOwnersWallet() external {
        read(PANEL, START + 60, 60_000);
        vm.prank(alice);
        credit.transfer(bob, 50_000);
        vm.expectEmit(address(meter));
        emit IEnergyMeter.Consumed(bob, 30_000, 30_000, 0);
        read(RACK, START + 60, 30_000);
        vm.assertEq(credit.balanceOf(bob), 20_000, "wallet");
        assertTotals(60_000, 30_000, 0);
    }

    function test_WhatTheWalletDoesNotCoverIsOwed() external {
        read(PANEL, START + 60, 60_000);
        vm.prank(alice);
        credit.transfer(bob, 20_000);
        vm.expectEmit(address(meter));
        emit IEnergyMeter.Consumed(bob, 30_000, 20_000, 10_000);
        read(RACK, START + 60, 30_000);
        vm.assertEq(credit.balanceOf(bob), 0, "wallet");
        vm.assertEq(meter.owedOf(bob), 10_000, "owed");
        assertTotals(60_000, 30_000, 10_000);
    }

    function test_NewConsumptionRetiresWhatIsOwedToo() external {
        read(RACK, START + 10, 10_000);
        read(PANEL, START + 60, 60_000);
        vm.prank(alice);
        credit.transfer(bob, 15_000);
        vm.assertEq(credit.balanceOf(bob), 15_000, "receiving delivers in full");
        vm.expectEmit(address(meter));
        emit IEnergyMeter.Consumed(bob, 2_000, 12_000, 0);
        read(RACK, START + 20, 12_000);
        vm.assertEq(credit.balanceOf(bob), 3_000, "wallet");
        assertTotals(60_000, 12_000, 0);
    }

    function test_ProductionPaysDownWhatIsOwedFirst() external {
        uint256 key = 0xB0BB0B;
        approve(BOB, approvalOf(vm.addr(key), bob, PRODUCER));
        read(RACK, START + 60, 30_000);
        vm.warp(START + 3_000);
        vm.expectEmit(address(meter));
        emit IEnergyMeter.Produced(bob, 12_000, 12_000, 0, false);
        read(key, START + 2_000, 12_000);
        vm.assertEq(meter.owedOf(bob), 18_000, "owed");
        assertTotals(12_000, 30_000, 18_000);
        vm.expectEmit(address(meter));
        emit IEnergyMeter.Produced(bob, 20_000, 18_000, 2_000, false);
        read(key, START + 3_000, 32_000);
        vm.assertEq(credit.balanceOf(bob), 2_000, "wallet");
        assertTotals(32_000, 30_000, 0);
    }

    /// @dev What a wallet holds is retired by consumption and by sends; production pays down what is owed and leaves it alone.
    function test_ProductionTakesNothingOutOfTheWallet() external {
        uint256 key = 0xB0BB0B;
        approve(BOB, approvalOf(vm.addr(key), bob, PRODUCER));
        read(RACK, START + 10, 10_000);
        read(PANEL, START + 60, 60_000);
        vm.prank(alice);
        credit.transfer(bob, 4_000);
        vm.warp(START + 3_000);
        vm.recordLogs();
        read(key, START + 2_000, 3_000);
        vm.assertEq(vm.getRecordedLogs().length, 2, "Produced and Submitted");
        vm.assertEq(credit.balanceOf(bob), 4_000, "wallet");
        vm.assertEq(meter.owedOf(bob), 7_000, "owed");
    }

    /// @dev Credits in the clearing house belong to the account there: no reading takes them out.
    function test_I3_ConsumptionTakesNothingOutOfTheClearingHouse() external {
        read(PANEL, START + 60, 60_000);
        vm.startPrank(alice);
        credit.approve(address(house), 60_000);
        house.deposit(address(credit), bob, address(0), 60_000);
        vm.stopPrank();
        read(RACK, START + 60, 30_000);
        vm.assertEq(house.accountOf(address(credit), bob).balance, 60_000, "account");
        vm.assertEq(meter.owedOf(bob), 30_000, "owed");
        assertSupply();
    }

    function test_ComputeUnitsAreCarriedAlong() external {
        meter.submit(readings(0, 1, reading(RACK, START + 60, 10, 4_242)));
        vm.assertEq(meter.meterOf(rack).computeUnits, 4_242, "compute");
    }

    // ---------------------------------------------------------------- capacity

    /// @dev 3 600 W are exactly 1 000 mWh a second.
    function test_I10_ProductionUpToCapacityAndNotAMilliwatthourMore() external {
        refuse(PANEL, START + 60, 60_001, 0, IEnergyMeter.Refusal.AboveCapacity);
        vm.assertEq(read(PANEL, START + 60, 60_000), 1, "at capacity");
        refuse(PANEL, START + 61, 61_001, 0, IEnergyMeter.Refusal.AboveCapacity);
        vm.assertEq(read(PANEL, START + 61, 61_000), 1, "at capacity, since the last reading");
    }

    /// @dev Time that was not used is gone with the next accepted reading, and not with a refused one.
    function test_I10_CapacityCountsFromTheLastAcceptedReading() external {
        read(PANEL, START + 500, 0);
        refuse(PANEL, START + 600, 100_001, 0, IEnergyMeter.Refusal.AboveCapacity);
        vm.assertEq(read(PANEL, START + 601, 100_001), 1, "a second later");
    }

    function test_I10_TheMarginCounts() external {
        uint256 key = 0x3A6;
        IEnergyMeter.Approval memory a = approvalOf(vm.addr(key), alice, PRODUCER);
        (a.capacityWatts, a.marginBps) = (3, 500);
        approve(ALICE, a);
        vm.warp(START + 4_600);
        // 3.15 W for an hour.
        refuse(key, START + 1_000 + 3_600, 3_151, 0, IEnergyMeter.Refusal.AboveCapacity);
        vm.assertEq(read(key, START + 1_000 + 3_600, 3_150), 1, "3 W and 5 percent");
    }

    function test_I10_TheFirstReadingCountsFromApproval() external {
        uint256 key = 0xF125;
        approve(ALICE, approvalOf(vm.addr(key), alice, PRODUCER));
        vm.warp(START + 1_010);
        refuse(key, START + 1_010, 10_001, 0, IEnergyMeter.Refusal.AboveCapacity);
        refuse(key, START + 1_000, 0, 0, IEnergyMeter.Refusal.TimeNotRising);
        vm.assertEq(read(key, START + 1_010, 10_000), 1, "ten seconds");
    }

    /// @dev What a consumer used above its capacity counts with later readings, as its capacity allows.
    function test_AConsumerAboveCapacityCountsUpToIt() external {
        vm.expectEmit(address(meter));
        emit IEnergyMeter.ReadingCut(rack, uint64(START + 60), 60_000);
        read(RACK, START + 60, 100_000);
        assertTotals(0, 60_000, 60_000);
        vm.expectEmit(address(meter));
        emit IEnergyMeter.ReadingCut(rack, uint64(START + 90), 90_000);
        read(RACK, START + 90, 100_000);
        vm.recordLogs();
        read(RACK, START + 200, 100_000);
        vm.assertEq(vm.getRecordedLogs().length, 2, "Consumed and Submitted: nothing was cut");
        assertTotals(0, 100_000, 100_000);
    }

    // ---------------------------------------------------------------- refusals

    function test_RefusalsByName() external {
        meter.submit(readings(0, 1, reading(PANEL, START + 500, 1_000, 50)));
        refuse(0xDEAD, START + 600, 0, 0, IEnergyMeter.Refusal.UnknownMeter);
        refuse(PANEL, START + 500, 1_001, 50, IEnergyMeter.Refusal.TimeNotRising);
        refuse(PANEL, START + 499, 1_001, 50, IEnergyMeter.Refusal.TimeNotRising);
        refuse(PANEL, START + 1_001, 1_001, 50, IEnergyMeter.Refusal.TimeInFuture);
        refuse(PANEL, START + 1_000, 999, 50, IEnergyMeter.Refusal.EnergyFalls);
        refuse(PANEL, START + 1_000, 1_001, 49, IEnergyMeter.Refusal.ComputeFalls);
        refuse(PANEL, START + 1_000, 1_001, 1 << 64, IEnergyMeter.Refusal.TotalTooLarge);
        refuse(PANEL, START + 1_000, 1 << 64, 50, IEnergyMeter.Refusal.TotalTooLarge);
        refuse(RACK, START + 1_000, 1 << 64, 50, IEnergyMeter.Refusal.TotalTooLarge);
        vm.assertEq(meter.submit(readings(0, 1, reading(PANEL, START + 1_000, 1_001, 50))), 1, "a good one");
    }

    function test_AfterRevocationNothingIsAccepted() external {
        bytes memory before = readings(0, 1, reading(PANEL, START + 10, 10, 0));
        vm.prank(issuer);
        meter.revoke(panel);
        expectRefused(panel, START + 10, IEnergyMeter.Refusal.RevokedMeter);
        vm.assertEq(meter.submit(before), 0, "signed for a time before");
        refuse(PANEL, START + 1_000, 10, 0, IEnergyMeter.Refusal.RevokedMeter);
    }

    function test_WrongSignatures() external {
        bytes memory content = body(panel, START + 60, 60, 0);
        bytes32 digest = readingDigest(panel, START + 60, 60, 0, DETAIL);
        expectRefused(panel, START + 60, IEnergyMeter.Refusal.WrongSignature);
        meter.submit(readings(0, 1, bytes.concat(content, sign64(ALICE, digest))));
        expectRefused(panel, START + 60, IEnergyMeter.Refusal.WrongSignature);
        meter.submit(readings(0, 1, bytes.concat(content, new bytes(64))));
        bytes32 other = readingDigest(panel, START + 60, 61, 0, DETAIL);
        expectRefused(panel, START + 60, IEnergyMeter.Refusal.WrongSignature);
        meter.submit(readings(0, 1, bytes.concat(content, sign64(PANEL, other))));
        bytes memory good = readings(0, 1, bytes.concat(content, sign64(PANEL, digest)));
        uint256 chain = block.chainid;
        vm.chainId(chain + 1);
        expectRefused(panel, START + 60, IEnergyMeter.Refusal.WrongSignature);
        meter.submit(good);
        vm.chainId(chain);
        vm.assertEq(meter.submit(good), 1, "here");
    }

    function test_P256Devices() external {
        uint256 key = 0x256;
        address device = addrP256(key);
        approve(ALICE, approvalOf(device, alice, PRODUCER));
        vm.warp(START + 2_000);
        bytes memory content = body(device, START + 2_000, 5_000, 0);
        bytes memory signature = sign128(key, readingDigest(device, START + 2_000, 5_000, 0, DETAIL));
        vm.assertEq(meter.submit(readings(1, 1, bytes.concat(content, signature))), 1, "accepted");
        vm.assertEq(credit.balanceOf(alice), 5_000, "wallet");
        expectRefused(device, START + 2_000, IEnergyMeter.Refusal.WrongSignature);
        signature[31] ^= 0x01;
        meter.submit(readings(1, 1, bytes.concat(content, signature)));
    }

    // ----------------------------------------------------------------- batches

    function test_I8_ABadReadingSpoilsNothing() external {
        bytes memory entries = bytes.concat(
            reading(PANEL, START + 60, 60_000, 0),
            reading(0xDEAD, START + 60, 1, 0),
            reading(PANEL, START + 50, 70_000, 0),
            reading(RACK, START + 60, 30_000, 0),
            reading(PANEL, START + 70, 70_000, 0)
        );
        vm.assertEq(meter.submit(readings(0, 5, entries)), 3, "accepted");
        vm.assertEq(credit.balanceOf(alice), 70_000, "wallet");
        vm.assertEq(meter.owedOf(bob), 30_000, "owed");
        assertTotals(70_000, 30_000, 30_000);
    }

    /// @dev A fleet's readings are one mint; a refused reading between them does not end the run.
    function test_OneMintForARunOfOneOwner() external {
        uint256 key = 0x5EC0;
        approve(ALICE, approvalOf(vm.addr(key), alice, PRODUCER));
        vm.warp(START + 2_000);
        bytes memory first = bytes.concat(reading(PANEL, START + 60, 60_000, 0), reading(0xDEAD, START + 60, 1, 0));
        bytes memory second = reading(key, START + 2_000, 1_000, 0);
        bytes memory batch = bytes.concat(readings(0, 2, first), abi.encodePacked(uint8(0), uint16(1), second));
        vm.expectEmit(address(credit));
        emit IERC20.Transfer(address(0), alice, 61_000);
        vm.expectEmit(address(meter));
        emit IEnergyMeter.Submitted(2, 1, 61_000, 0);
        vm.assertEq(meter.submit(batch), 2, "accepted");
        assertTotals(61_000, 0, 0);
    }

    /// @dev One owner with both kinds in one run: what it made covers what it used, and only the rest is new.
    function test_ARunNetsConsumptionAgainstProduction() external {
        uint256 key = 0xA11CE2;
        approve(ALICE, approvalOf(vm.addr(key), alice, CONSUMER));
        vm.warp(START + 2_000);
        vm.prank(alice);
        meter.chooseDelivery(true, address(0));
        bytes memory entries = bytes.concat(reading(PANEL, START + 60, 60_000, 0), reading(key, START + 2_000, 25_000, 0));
        vm.expectEmit(address(meter));
        emit IEnergyMeter.Consumed(alice, 25_000, 0, 25_000);
        vm.expectEmit(address(meter));
        emit IEnergyMeter.Produced(alice, 60_000, 25_000, 35_000, true);
        meter.submit(readings(0, 2, entries));
        vm.assertEq(house.accountOf(address(credit), alice).balance, 35_000, "account");
        assertTotals(60_000, 25_000, 0);
    }

    function test_TheSameReadingTwiceInABatchCountsOnce() external {
        bytes memory one = reading(PANEL, START + 60, 60_000, 0);
        vm.assertEq(meter.submit(readings(0, 2, bytes.concat(one, one))), 1, "accepted");
        assertTotals(60_000, 0, 0);
    }

    function expectMalformed(uint256 expected, bytes memory batch) private {
        vm.expectRevert(
            abi.encodeWithSelector(IEnergyMeter.EnergyMeter_BatchMalformed.selector, expected, batch.length)
        );
        meter.submit(batch);
    }

    function test_MalformedBatchesAreRefusedWhole() external {
        expectMalformed(1, "");
        for (uint256 version = 0; version < 256; ++version) {
            if (version == 1) continue;
            vm.expectRevert(
                abi.encodeWithSelector(IEnergyMeter.EnergyMeter_BatchVersion.selector, uint8(1), uint8(version))
            );
            meter.submit(abi.encodePacked(uint8(version)));
        }
        bytes memory good = readings(0, 1, reading(PANEL, START + 60, 60_000, 0));
        for (uint256 length = 2; length < good.length; length += 5) {
            bytes memory part = new bytes(length);
            for (uint256 i = 0; i < length; ++i) part[i] = good[i];
            expectMalformed(length < 4 ? 4 : good.length, part);
        }
        expectMalformed(good.length + 3, bytes.concat(good, hex"00"));
        expectMalformed(good.length + 3 + 139, bytes.concat(good, hex"000001"));
        expectMalformed(good.length + 3 + 203, bytes.concat(good, hex"010001"));
        for (uint256 flags = 2; flags < 256; ++flags) {
            expectMalformed(good.length, bytes.concat(good, abi.encodePacked(uint8(flags), uint16(0))));
        }
        assertTotals(0, 0, 0);
        vm.assertEq(meter.submit(good), 1, "the good one");
        vm.assertEq(meter.submit(hex"01"), 0, "an empty batch");
    }

    /// @dev Nothing that a reading says makes submitting revert.
    function testFuzz_I8_ArbitraryReadingsNeverRevert(bytes32 seed, uint8 count, bool p256) external {
        count = count % 6;
        uint256 length = uint256(count) * (p256 ? 203 : 139);
        bytes memory entries = "";
        while (entries.length < length) {
            seed = keccak256(abi.encode(seed));
            entries = bytes.concat(entries, seed);
        }
        assembly ("memory-safe") {
            mstore(entries, length)
        }
        vm.assertEq(meter.submit(readings(p256 ? 1 : 0, count, entries)), 0, "accepted");
        assertTotals(0, 0, 0);
    }

    // -------------------------------------------------------------------- fuzz

    function testFuzz_I10_Capacity(uint64 watts, uint16 marginBps, uint32 secs, uint64 energy, bool consumer) external {
        watts = uint64(within(watts, 1, 1_000_000_000));
        marginBps = uint16(within(marginBps, 0, 10_000));
        uint256 time = within(secs, 1, 365 days);
        uint256 most = uint256(watts) * (10_000 + marginBps) * time * 1_000 / 3_600 / 10_000;
        energy = uint64(within(energy, most == 0 ? 0 : most - 1, 2 * most + 2));
        uint256 key = 0xCAFE;
        IEnergyMeter.Approval memory a = approvalOf(vm.addr(key), alice, consumer ? CONSUMER : PRODUCER);
        (a.capacityWatts, a.marginBps) = (watts, marginBps);
        approve(ALICE, a);
        vm.warp(START + 1_000 + time);
        uint256 accepted = read(key, START + 1_000 + time, energy);
        if (energy <= most) {
            vm.assertEq(accepted, 1, "within capacity");
            vm.assertEq(meter.meterOf(vm.addr(key)).energyMilliWh, energy, "counted");
        } else if (consumer) {
            vm.assertEq(accepted, 1, "accepted");
            vm.assertEq(meter.meterOf(vm.addr(key)).energyMilliWh, most, "counted up to capacity");
        } else {
            vm.assertEq(accepted, 0, "above capacity");
        }
        assertSupply();
    }

    function testFuzz_HashReading(address device, uint64 time, uint128 energy, uint128 compute, bytes32 detail) external view {
        vm.assertEq(
            meter.hashReading(device, time, energy, compute, detail),
            readingDigest(device, time, energy, compute, detail),
            "digest"
        );
    }
}
