using Portico.Application.Auth;
using Portico.Domain.Users;
using Portico.Infrastructure.SignIn;

namespace Portico.Infrastructure.SecondFactors;

/// <summary>The roles of <c>SignIn:RequireSecondFactorFor</c>.</summary>
internal sealed class SecondFactorRequirement(SignInSettings settings) : ISecondFactorRequirement
{
    private readonly HashSet<Role> _roles = [.. settings.RequireSecondFactorFor];

    public bool HoldsFor(Role role) => _roles.Contains(role);
}
