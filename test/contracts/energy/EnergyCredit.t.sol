// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {EnergyCredit} from "../../../contracts/energy/EnergyCredit.sol";
import {IEnergyMeter} from "../../../contracts/energy/IEnergyMeter.sol";
import {EnergySupport} from "../support/EnergySupport.sol";

/// @title Energy credits: minted and retired by the meter, and retired first where something is owed
contract EnergyCreditTest is EnergySupport {
    function setUp() external {
        setUpEnergy();
        approvePanel();
        approveRack();
        vm.warp(START + 1_000);
        read(PANEL, START + 1_000, 100_000);
    }

    /// @dev Bob holds 40 000 and owes 30 000.
    function bobOwes() private {
        read(RACK, START + 500, 30_000);
        vm.prank(alice);
        credit.transfer(bob, 40_000);
    }

    function test_ItIsAKilowatthour() external view {
        vm.assertEq(credit.name(), "Energy Credit", "name");
        vm.assertEq(credit.symbol(), "kWh", "symbol");
        vm.assertEq(credit.decimals(), 6, "decimals");
        (, string memory name, string memory version,, address target,,) = credit.eip712Domain();
        vm.assertEq(name, "Energy Credit", "domain name");
        vm.assertEq(version, "1", "domain version");
        vm.assertEq(target, address(credit), "domain contract");
    }

    function test_OnlyTheMeterMintsAndRetires() external {
        bytes memory refusal =
            abi.encodeWithSelector(EnergyCredit.EnergyCredit_NotMeter.selector, address(meter), issuer);
        vm.startPrank(issuer);
        vm.expectRevert(refusal);
        credit.mint(issuer, 1);
        vm.expectRevert(refusal);
        credit.mintMany(new uint256[](1));
        vm.expectRevert(refusal);
        credit.retire(alice, 1);
    }

    function test_WithoutDebtSendingIsPlain() external {
        vm.prank(alice);
        credit.transfer(carol, 60_000);
        vm.assertEq(credit.balanceOf(carol), 60_000, "received");
        vm.assertEq(credit.balanceOf(alice), 40_000, "left");
    }

    function test_ReceivingDeliversInFull() external {
        bobOwes();
        vm.assertEq(credit.balanceOf(bob), 40_000, "wallet");
        vm.assertEq(meter.owedOf(bob), 30_000, "owed");
        assertSupply();
    }

    function test_SendingRetiresWhatIsOwedFirst() external {
        bobOwes();
        vm.prank(bob);
        vm.expectRevert(
            abi.encodeWithSignature(
                "ERC20InsufficientBalance(address,uint256,uint256)", bob, uint256(10_000), uint256(10_001)
            )
        );
        credit.transfer(carol, 10_001);
        vm.expectEmit(address(meter));
        emit IEnergyMeter.Retired(bob, 30_000, 0);
        vm.prank(bob);
        credit.transfer(carol, 10_000);
        vm.assertEq(credit.balanceOf(bob), 0, "wallet");
        vm.assertEq(meter.owedOf(bob), 0, "owed");
        assertTotals(100_000, 30_000, 0);
    }

    function test_SendingByAllowanceRetiresFirst() external {
        bobOwes();
        vm.prank(bob);
        credit.approve(carol, type(uint256).max);
        vm.prank(carol);
        credit.transferFrom(bob, carol, 4_000);
        vm.assertEq(credit.balanceOf(bob), 6_000, "wallet");
        assertTotals(100_000, 30_000, 0);
    }

    function authorization(string memory kind, address to, uint256 value, bytes32 nonce) private view returns (bytes32) {
        bytes32 typeHash = keccak256(
            bytes(
                string.concat(
                    kind,
                    "WithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
                )
            )
        );
        bytes32 message = keccak256(abi.encode(typeHash, bob, to, value, 0, FOREVER, nonce));
        return typedDigest(domainOf("Energy Credit", "1", address(credit)), message);
    }

    function test_SendingByAuthorizationRetiresFirst() external {
        bobOwes();
        credit.transferWithAuthorization(
            bob, carol, 4_000, 0, FOREVER, bytes32("n"), sign65(BOB, authorization("Transfer", carol, 4_000, "n"))
        );
        vm.assertEq(credit.balanceOf(carol), 4_000, "received");
        vm.assertEq(credit.balanceOf(bob), 6_000, "wallet");
        assertTotals(100_000, 30_000, 0);
    }

    function test_DepositingByAuthorizationRetiresFirst() external {
        bobOwes();
        bytes32 nonce = house.depositNonce(bob, address(0), "salt");
        bytes memory signature = sign65(BOB, authorization("Receive", address(house), 10_000, nonce));
        house.depositWithAuthorization(address(credit), bob, bob, address(0), 10_000, 0, FOREVER, "salt", signature);
        vm.assertEq(house.accountOf(address(credit), bob).balance, 10_000, "account");
        assertTotals(100_000, 30_000, 0);
    }

    function test_AnybodyRetiresWhatIsOwed() external {
        bobOwes();
        vm.expectEmit(address(meter));
        emit IEnergyMeter.Retired(bob, 30_000, 0);
        vm.prank(carol);
        vm.assertEq(meter.retire(bob), 30_000, "retired");
        vm.assertEq(credit.balanceOf(bob), 10_000, "wallet");
        assertTotals(100_000, 30_000, 0);
    }

    function test_RetiringReachesAsFarAsTheWallet() external {
        read(RACK, START + 500, 30_000);
        vm.prank(alice);
        credit.transfer(bob, 12_000);
        vm.expectEmit(address(meter));
        emit IEnergyMeter.Retired(bob, 12_000, 18_000);
        vm.assertEq(meter.retire(bob), 12_000, "retired");
        vm.assertEq(meter.owedOf(bob), 18_000, "owed");
        assertTotals(100_000, 30_000, 18_000);
    }

    /// @dev Owners are numbered from 1, and the first is one like any other.
    function test_TheFirstOwnerOwesAndRetiresToo() external {
        approve(ALICE, approvalOf(vm.addr(0xF125), alice, CONSUMER));
        vm.warp(block.timestamp + 100);
        vm.prank(alice);
        credit.transfer(carol, 100_000);
        read(0xF125, block.timestamp, 40_000);
        vm.prank(carol);
        credit.transfer(alice, 30_000);
        vm.assertEq(meter.retire(alice), 30_000, "retired");
        assertTotals(100_000, 40_000, 10_000);
    }

    function test_RetiringNothingIsSilent() external {
        read(RACK, START + 500, 30_000);
        vm.recordLogs();
        vm.assertEq(meter.retire(bob), 0, "owes, holds nothing");
        vm.assertEq(meter.retire(alice), 0, "holds, owes nothing");
        vm.assertEq(meter.retire(carol), 0, "never seen");
        vm.assertEq(vm.getRecordedLogs().length, 0, "events");
    }

    function test_SendingToOneself() external {
        bobOwes();
        vm.prank(bob);
        credit.transfer(bob, 10_000);
        vm.assertEq(credit.balanceOf(bob), 10_000, "wallet");
        assertTotals(100_000, 30_000, 0);
    }

    /// @dev A whole purchase: credits bought in the clearing house, withdrawn, and retired against what was used.
    function test_ASiteBuysWithdrawsAndRetires() external {
        vm.startPrank(alice);
        credit.approve(address(house), 50_000);
        house.deposit(address(credit), bob, address(0), 50_000);
        vm.stopPrank();
        read(RACK, START + 500, 30_000);
        asset = address(credit);
        bytes memory signature = withdrawal(BOB, bob, bob, 30_000, 0, FOREVER);
        vm.prank(operator);
        house.withdraw(asset, bob, bob, 30_000, FOREVER, signature);
        vm.assertEq(meter.retire(bob), 30_000, "retired");
        vm.assertEq(house.accountOf(asset, bob).balance, 20_000, "account");
        assertTotals(100_000, 30_000, 0);
    }

    // -------------------------------------------------------------------- fuzz

    /// @dev retired = min(owed, held); a send is what is left or less.
    function testFuzz_I9_OwedAndRetired(uint64 used, uint64 received, uint64 sent) external {
        used = uint64(within(used, 0, 500_000));
        received = uint64(within(received, 0, 100_000));
        read(RACK, START + 500, used);
        vm.prank(alice);
        credit.transfer(bob, received);
        uint256 retired = used < received ? used : received;
        uint256 left = received - retired;
        sent = uint64(within(sent, 0, 2 * left));
        vm.prank(bob);
        if (sent > left) vm.expectRevert();
        credit.transfer(carol, sent);
        if (sent > left) (retired, sent) = (0, 0);
        vm.assertEq(credit.balanceOf(bob), received - retired - sent, "wallet");
        vm.assertEq(meter.owedOf(bob), used - retired, "owed");
        vm.assertEq(credit.balanceOf(carol), sent, "received");
        assertTotals(100_000, used, used - retired);
    }
}
