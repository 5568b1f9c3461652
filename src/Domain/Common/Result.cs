using System.Diagnostics.CodeAnalysis;

namespace Portico.Domain.Common;

/// <summary>A result with a value of any type, so that one pipeline can return an error for any request.</summary>
public interface IResult<out TSelf>
    where TSelf : IResult<TSelf>
{
    Error? Error { get; }

    static abstract TSelf Refuse(Error error);
}

/// <summary>A value, or the <see cref="Common.Error"/> that says why there is none.</summary>
/// <remarks>A class, because <c>default</c> of a struct would look like a success without a value.</remarks>
public sealed class Result<T> : IResult<Result<T>>
{
    private readonly T? _value;

    private Result(T value) => _value = value ?? throw new ArgumentNullException(nameof(value));

    private Result(Error error) => Error = error;

    public Error? Error { get; }

    [MemberNotNullWhen(false, nameof(Error))]
    public bool IsSuccess => Error is null;

    /// <exception cref="InvalidOperationException">The result is an error and has no value.</exception>
    public T Value => Error is null ? _value! : throw new InvalidOperationException($"A refused result has no value: {Error.Code}.");

    public static Result<T> Refuse(Error error) => new(error ?? throw new ArgumentNullException(nameof(error)));

    [SuppressMessage(
        "Usage", "CA2225:Operator overloads have named alternates", Justification = "Refuse and the value itself are the alternates.")]
    public static implicit operator Result<T>(T value) => new(value);

    [SuppressMessage(
        "Usage", "CA2225:Operator overloads have named alternates", Justification = "Refuse and the value itself are the alternates.")]
    public static implicit operator Result<T>(Error error) => Refuse(error);
}

/// <summary>The value of a request that has no value to return.</summary>
public readonly record struct Unit
{
    public static Unit Value => default;
}
