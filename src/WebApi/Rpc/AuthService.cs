using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Portico.Application.Auth;
using Portico.Application.Common;
using Portico.Application.Common.Messaging;
using Portico.Auth.V1;
using Portico.Infrastructure.AccessTokens;
using Portico.WebApi.Http;
using ChallengeMethod = Portico.Application.Auth.ChallengeMethod;
using Method = Portico.Auth.V1.ChallengeMethod;

namespace Portico.WebApi.Rpc;

/// <summary>Sign-in and checks by gRPC: the use cases of <c>/auth</c>.</summary>
internal sealed class AuthService(ISender sender) : Auth.V1.Auth.AuthBase
{
    public override async Task<Tokens> SignUp(SignUpRequest request, ServerCallContext context) => Map(await Send(
        new Register
        {
            Email = request.HasEmail ? request.Email : null,
            Phone = request.HasPhone ? request.Phone : null,
            Code = request.Code,
            RequestId = request.RequestId.Length > 0 ? request.RequestId : null,
            Password = request.Password,
            DisplayName = request.DisplayName,
        },
        context));

    public override async Task<SignInResponse> SignIn(SignInRequest request, ServerCallContext context)
    {
        var answer = request.ProofCase switch
        {
            SignInRequest.ProofOneofCase.Credentials => await Send(
                new LogIn
                {
                    Email = request.Credentials.HasEmail ? request.Credentials.Email : null,
                    Phone = request.Credentials.HasPhone ? request.Credentials.Phone : null,
                    Password = request.Credentials.Password,
                },
                context),
            SignInRequest.ProofOneofCase.ChallengeAnswer => await Send(
                new VerifyChallenge
                {
                    ChallengeId = request.ChallengeAnswer.ChallengeId,
                    Method = (ChallengeMethod)request.ChallengeAnswer.Method,
                    Code = request.ChallengeAnswer.Code,
                },
                context),
            _ => throw RpcErrors.Of(HttpError.Of(CommonErrors.Validation(
                new Dictionary<string, string[]>(StringComparer.Ordinal) { ["proof"] = ["Give credentials or a challengeAnswer."] }))),
        };
        return answer.Challenge is { } challenge
            ? new SignInResponse
            {
                Challenge = new Challenge
                {
                    ChallengeId = challenge.ChallengeId,
                    Methods = { challenge.Methods.Select(method => (Method)method) },
                    ExpiresInSeconds = challenge.ExpiresIn,
                },
            }
            : new SignInResponse { Tokens = Map(answer.Tokens!) };
    }

    [NoRateLimit]
    public override async Task<CheckResponse> Check(CheckRequest request, ServerCallContext context)
    {
        var caller = await Send(new CheckAccess(request.Permission.Length > 0 ? request.Permission : null), context);
        return new CheckResponse
        {
            Subject = caller.Subject.ToString(),
            SessionId = caller.IsServiceAccount ? "" : caller.SessionId.ToString(),
            Roles = { caller.Roles.Select(RoleNames.TextOf) },
            Permissions = { caller.Permissions },
            IsServiceAccount = caller.IsServiceAccount,
            ExpiresAt = Timestamp.FromDateTimeOffset(caller.ExpiresAt),
        };
    }

    public override async Task<Tokens> Refresh(RefreshRequest request, ServerCallContext context) =>
        Map(await Send(new RefreshSession { RefreshToken = request.RefreshToken }, context));

    private static Tokens Map(TokensDto tokens) => new()
    {
        AccessToken = tokens.AccessToken,
        ExpiresInSeconds = tokens.ExpiresIn,
        RefreshToken = tokens.RefreshToken,
        RefreshExpiresInSeconds = tokens.RefreshExpiresIn,
        SessionId = tokens.SessionId.ToString(),
    };

    private async Task<T> Send<T>(IUseCase<T> useCase, ServerCallContext context)
    {
        var result = await sender.Send(useCase, context.CancellationToken);
        return result.Error is { } error ? throw RpcErrors.Of(HttpError.Of(error)) : result.Value;
    }
}
