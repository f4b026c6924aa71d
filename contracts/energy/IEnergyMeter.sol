// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title EnergyMeter: signed readings become credits, or retire them
/// @notice The interface is the manual. Energy is in mWh (an energy credit's atomic unit), power in watts, times in seconds of
/// chain time, totals cumulative for a device's life. Always: credits in existence = produced − consumed + owed (I9).
///
/// EIP-712 domain: name "Sunledger", version "1", chain id, this contract. Signed messages:
///
///   Reading(address meter,uint64 timestamp,uint128 energyMilliWh,uint128 computeUnits,bytes32 detail)   by the device
///   Approval(address meter,address owner,uint8 kind,uint64 capacityWatts,uint16 marginBps,
///     uint128 startMilliWh,uint128 startComputeUnits,bytes32 region,bytes32 vintage)                    by the owner
///   Delivery(address owner,bool toClearing,address accountOwner,uint64 nonce)                           by the owner
///
/// (Approval is one line without a break.)
///
/// A device key is secp256k1, or P-256 where the address is the low 160 bits of keccak256(x, y). Signatures as in IClearingHouse.
interface IEnergyMeter {
    // ---------------------------------------------------------------- types

    /// @param kind          1 producer, 2 consumer
    /// @param capacityWatts greatest power, more than 0 and with its margin below 28 GW; with the margin on top it bounds what a
    ///                      reading may add
    /// @param marginBps     margin above the capacity, in basis points, at most 10 000
    /// @param startMilliWh  the device's total when it is approved, below 2^64; nothing below it is ever minted or retired
    struct Approval {
        address meter;
        address owner;
        uint8 kind;
        uint64 capacityWatts;
        uint16 marginBps;
        uint128 startMilliWh;
        uint128 startComputeUnits;
        bytes32 region;
        bytes32 vintage;
    }

    /// @param state 0 unknown, 1 approved, 2 revoked
    struct Meter {
        address owner;
        uint8 kind;
        uint8 state;
        uint64 capacityWatts;
        uint16 marginBps;
        uint64 timestamp;
        uint128 energyMilliWh;
        uint128 computeUnits;
    }

    /// @notice Why a reading was skipped. They are asked in this order, and the first one counts: what a reading says is only
    /// judged once its device is known to have said it.
    ///
    /// TimeNotRising  not after the last accepted reading (at first: the approval), so the same reading twice counts once
    /// TimeInFuture   after the block's timestamp
    /// EnergyFalls, ComputeFalls  a total below the last accepted one
    /// TotalTooLarge  a total of 2^64 or more: 18 000 TWh, or 1.8e19 compute units
    /// AboveCapacity  a producer's only: more than floor(capacityWatts × (10 000 + marginBps) × seconds / 36 000) mWh since the
    /// last
    ///                accepted reading (at first: since approval). A consumer's counts up to that, and the rest waits.
    enum Refusal {
        None,
        UnknownMeter,
        RevokedMeter,
        WrongSignature,
        TimeNotRising,
        TimeInFuture,
        EnergyFalls,
        ComputeFalls,
        AboveCapacity,
        TotalTooLarge
    }

    // --------------------------------------------------------------- errors

    error EnergyMeter_ZeroAddress();
    error EnergyMeter_MeterKnown(address meter);
    error EnergyMeter_NotApproved(address meter);
    error EnergyMeter_BadKind(uint8 kind);
    error EnergyMeter_BadCapacity(uint64 capacityWatts);
    error EnergyMeter_BadMargin(uint16 most, uint16 actual);
    error EnergyMeter_OwnerIsClearingHouse(address clearingHouse);
    error EnergyMeter_WrongSigner(address expected, address actual);
    error EnergyMeter_NoContract(address account);
    error EnergyMeter_TotalTooLarge(uint256 most, uint256 actual);
    error EnergyMeter_BatchVersion(uint8 expected, uint8 actual);
    error EnergyMeter_BatchMalformed(uint256 expectedLength, uint256 actualLength);

    // --------------------------------------------------------------- events

    event MeterApproved(
        address indexed meter,
        address indexed owner,
        uint8 kind,
        uint64 capacityWatts,
        uint16 marginBps,
        uint128 startMilliWh,
        bytes32 region,
        bytes32 vintage
    );
    event MeterRevoked(address indexed meter);
    event DeliveryChosen(address indexed owner, bool toClearing, address accountOwner);
    /// @notice A batch was taken. Which readings it had stands in its calldata; all that were not refused were accepted, and counted
    /// in full but for those that were cut.
    event Submitted(uint256 accepted, uint256 refused, uint256 producedMilliWh, uint256 consumedMilliWh);
    /// @notice A consumer's reading above its capacity: accepted, and `energyMilliWh` is the total that it counts up to.
    event ReadingCut(address indexed meter, uint64 timestamp, uint128 energyMilliWh);
    event ReadingRefused(address indexed meter, uint64 timestamp, Refusal reason);
    /// @notice One owner's production in one run of readings: `paidDown` of it went against what the owner owed, the rest was
    /// minted, into its clearing-house account or else to its wallet. Where nothing was owed and the wallet received all, there is
    /// no such event: the credit's own Transfer from address 0 says as much.
    event Produced(address indexed owner, uint256 milliWh, uint256 paidDown, uint256 minted, bool toClearing);
    /// @notice One owner's consumption in one run of readings: what was retired for it and for older debts, and what is owed after
    /// that. Where the owner produced in the same run too, Produced comes next and pays down what is owed.
    event Consumed(address indexed owner, uint256 milliWh, uint256 retired, uint256 owed);
    /// @notice Credits retired outside of a batch: before a send, or because somebody asked for it.
    event Retired(address indexed owner, uint256 retired, uint256 owed);

    // ------------------------------------------------------------ functions

    /// @notice Approves a device, once ever. Issuer role only; `signature` is the owner's over Approval. The clearing house can own
    /// none.
    function approve(Approval calldata approval, bytes calldata signature) external;
    /// @notice After revocation nothing of the device is accepted, whatever its timestamp. Issuer role only.
    function revoke(address meter) external;
    /// @notice Where an owner's new credits go from now on: its wallet (default), or its clearing-house account, which must then
    /// have the owner `accountOwner` (0: none bound). Where the deposit fails, the wallet. By the owner, or by anyone with its
    /// signature. Either way the owner's delivery nonce rises, and older signatures are void.
    function chooseDelivery(bool toClearing, address accountOwner) external;
    function chooseDeliveryWithSignature(address owner, bool toClearing, address accountOwner, bytes calldata signature) external;

    /// @notice Takes a packed batch of readings, by anyone. Credits are minted, and consumption retired, once for each run of
    /// neighbouring readings of one owner, so the sender groups readings by owner. A bad reading is skipped with an event and
    /// spoils nothing. Consumption comes first, so that an owner's production of the same run pays for it. All integers are
    /// big-endian and unaligned. A batch that is cut off, too long, or has other flags is refused whole: `expectedLength` is where
    /// it should have ended, as far as it could be read.
    ///
    ///   batch   := version (1 byte, 1) section*
    ///   section := flags (1) count (2) reading*
    ///   flags   := bit 0: P-256 (128-byte signatures), else secp256k1 (64, EIP-2098); other bits 0
    ///   reading := meter (20) timestamp (5) energyMilliWh (9) computeUnits (9) detail (32) signature
    function submit(bytes calldata batch) external returns (uint256 accepted);

    /// @notice Retires what the owner owes, as far as its wallet reaches. By anyone. Returns what was retired.
    function retire(address owner) external returns (uint256 retired);

    // ---------------------------------------------------------------- views

    function DOMAIN_SEPARATOR() external view returns (bytes32);
    function credit() external view returns (address);
    function clearingHouse() external view returns (address);
    function meterOf(address meter) external view returns (Meter memory);
    function owedOf(address owner) external view returns (uint256 milliWh);
    function deliveryOf(address owner) external view returns (bool toClearing, address accountOwner);
    function deliveryNonceOf(address owner) external view returns (uint64);
    /// @notice Over all accepted readings.
    function totals() external view returns (uint256 producedMilliWh, uint256 consumedMilliWh, uint256 owedMilliWh);
    function hashReading(address meter, uint64 timestamp, uint128 energyMilliWh, uint128 computeUnits, bytes32 detail)
        external
        view
        returns (bytes32);
}
