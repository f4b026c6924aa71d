// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {P256} from "@openzeppelin/contracts/utils/cryptography/P256.sol";
import {EnergyMeter} from "../../../contracts/energy/EnergyMeter.sol";
import {IEnergyMeter} from "../../../contracts/energy/IEnergyMeter.sol";
import {EnergySupport} from "../support/EnergySupport.sol";

/// @title What attackers try on the meter: too little gas, messages used elsewhere, calldata that ends early
contract EnergyHostileTest is EnergySupport {
    function setUp() external {
        setUpEnergy();
        approvePanel();
        vm.warp(START + 1 hours);
    }

    /// @dev Anyone may submit, with as little gas as it likes. Too little fails the batch; it never turns a delivery aside to the wallet.
    function testFuzz_I8_NoGasLimitTurnsADeliveryAside(uint256 limit) external {
        vm.prank(alice);
        meter.chooseDelivery(true, address(0));
        bytes memory batch = readings(0, 1, reading(PANEL, START + 60, 50_000, 0));
        (bool done,) = address(meter).call{gas: within(limit, 40_000, 400_000)}(abi.encodeCall(meter.submit, (batch)));
        uint256 inHouse = house.accountOf(address(credit), alice).balance;
        vm.assertEq(credit.balanceOf(alice), 0, "wallet");
        vm.assertEq(inHouse, done ? 50_000 : 0, "account");
        assertSupply();
    }

    /// @dev Too little gas for checking a signature fails the batch too, and never makes a good reading a bad one.
    function testFuzz_I8_NoGasLimitRefusesAReading(uint256 limit) external {
        bytes memory batch = readings(0, 1, reading(PANEL, START + 60, 50_000, 0));
        bytes memory data = abi.encodeCall(meter.submit, (batch));
        (bool done, bytes memory result) = address(meter).call{gas: within(limit, 20_000, 250_000)}(data);
        if (done) vm.assertEq(abi.decode(result, (uint256)), 1, "accepted");
        vm.assertEq(credit.balanceOf(alice), done ? 50_000 : 0, "wallet");
    }

    /// @dev The same with a P-256 device, whose check would fall back to plain Solidity where the precompile answers nothing.
    function testFuzz_I8_NoGasLimitRefusesAP256Reading(uint256 limit) external {
        (address device, bytes memory entry,) = p256Reading();
        bytes memory data = abi.encodeCall(meter.submit, (readings(1, 1, entry)));
        (bool done, bytes memory result) = address(meter).call{gas: within(limit, 20_000, 500_000)}(data);
        if (done) vm.assertEq(abi.decode(result, (uint256)), 1, "accepted");
        vm.assertEq(meter.meterOf(device).energyMilliWh, done ? 5_000 : 0, "counted");
    }

    function p256Reading() private returns (address device, bytes memory entry, bytes memory other) {
        device = addrP256(0x256);
        approve(ALICE, approvalOf(device, alice, PRODUCER));
        vm.warp(block.timestamp + 60);
        bytes memory content = body(device, block.timestamp, 5_000, 0);
        (bytes32 r, bytes32 s) = vm.signP256(0x256, readingDigest(device, block.timestamp, 5_000, 0, DETAIL));
        (uint256 x, uint256 y) = vm.publicKeyP256(0x256);
        entry = abi.encodePacked(content, r, s, x, y);
        other = abi.encodePacked(content, r, bytes32(P256.N - uint256(s)), x, y);
    }

    /// @dev The other form of a signature, on either curve, is the same reading; and a reading counts once.
    function test_TheOtherFormOfASignatureIsNoSecondReading() external {
        (, bytes memory entry, bytes memory other) = p256Reading();
        vm.assertEq(meter.submit(readings(1, 2, bytes.concat(other, entry))), 1, "P-256: once");
        bytes memory content = body(panel, START + 60, 7_000, 0);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(PANEL, readingDigest(panel, START + 60, 7_000, 0, DETAIL));
        entry = abi.encodePacked(content, r, uint256(s) | (uint256(v - 27) << 255));
        // The high form of s has its top bit where EIP-2098 has the parity, so it is somebody else's signature or nobody's.
        uint256 high = uint256(0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141) - uint256(s);
        other = abi.encodePacked(content, r, high);
        vm.assertEq(meter.submit(readings(0, 3, bytes.concat(other, entry, entry))), 1, "secp256k1: once");
        assertTotals(12_000, 0, 0);
    }

    function test_NoMessageHoldsElsewhere() external {
        EnergyMeter other = EnergyMeter(deploy("EnergyMeter", abi.encode(address(house), issuer)));
        IEnergyMeter.Approval memory approval = approvalOf(rack, bob, CONSUMER);
        bytes memory signature = sign64(BOB, approvalDigest(approval));
        bytes memory delivery = sign64(ALICE, deliveryDigest(alice, true, address(0), 0));
        bytes memory batch = readings(0, 1, reading(PANEL, START + 60, 1, 0));
        for (uint256 i = 0; i < 2; ++i) {
            EnergyMeter target = i == 0 ? other : meter;
            if (i == 1) vm.chainId(1);
            vm.prank(issuer);
            (bool done,) = address(target).call(abi.encodeCall(meter.approve, (approval, signature)));
            vm.assertEq(done, false, "approval");
            (done,) = address(target).call(
                abi.encodeCall(meter.chooseDeliveryWithSignature, (alice, true, address(0), delivery))
            );
            vm.assertEq(done, false, "delivery");
            vm.assertEq(target.submit(batch), 0, "reading");
        }
        vm.chainId(31337);
        vm.assertEq(meter.submit(batch), 1, "at home it counts");
    }

    function testFuzz_ABatchThatIsCutOffChangesNothing(uint256 length) external {
        bytes memory batch =
            readings(0, 2, bytes.concat(reading(PANEL, START + 60, 1, 0), reading(PANEL, START + 61, 2, 0)));
        bytes memory cut = new bytes(within(length, 2, batch.length - 1));
        for (uint256 i = 0; i < cut.length; ++i) cut[i] = batch[i];
        (bool done,) = address(meter).call(abi.encodeCall(meter.submit, (cut)));
        vm.assertEq(done, false, "cut off");
        assertTotals(0, 0, 0);
    }

    /// @dev Credits that somebody sends to the meter itself stay there, and nothing is minted or retired for them.
    function test_CreditsSentToTheMeterAreNobodys() external {
        read(PANEL, START + 60, 50_000);
        vm.prank(alice);
        credit.transfer(address(meter), 10_000);
        vm.prank(alice);
        meter.chooseDelivery(true, address(0xBAD));
        read(PANEL, START + 120, 60_000);
        vm.assertEq(credit.balanceOf(alice), 50_000, "what failed to be delivered is in the wallet");
        vm.assertEq(credit.balanceOf(address(meter)), 10_000, "and what was sent there stays");
        (uint256 produced, uint256 consumed, uint256 owed) = meter.totals();
        vm.assertEq(credit.totalSupply() + consumed, produced + owed, "I9");
    }
}
